"""Weibo's fans service (粉丝服务): private messages and mentions."""
