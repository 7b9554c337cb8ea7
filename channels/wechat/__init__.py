"""The WeChat official account (公众号), in plain and encrypted mode."""
