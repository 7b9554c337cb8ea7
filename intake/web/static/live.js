"use strict";
// The board is fetched again every few seconds, and put in place only while nobody points at it.
const board = document.getElementById("board");
const hint = document.getElementById("hint");
const calm = hint.textContent;
let fresh = "";
const state = (html) => /data-state="(\w+)"/.exec(html)?.[1];
const inUse = () => board.matches(":hover") || board.contains(document.activeElement);
const show = () => {
  if (!fresh || inUse()) return;
  board.innerHTML = fresh;
  fresh = "";
  hint.textContent = calm;
};
const ask = async () => {
  try {
    const answer = await fetch("/console/live/board");
    if (!answer.ok || answer.redirected) throw new Error("away");
    const html = await answer.text();
    if (state(html) === state(board.innerHTML)) return;
    fresh = html;
    if (inUse()) hint.textContent = "有变化，鼠标移开就更新。";
    show();
  } catch {
    hint.textContent = "和服务器断开了，下面可能是旧的。请刷新，或者重新登录。";
  }
};
const length = (seconds) => {
  const minutes = Math.floor(seconds / 60), rest = Math.floor(seconds % 60);
  return minutes ? `${minutes} 分 ${String(rest).padStart(2, "0")} 秒` : `${rest} 秒`;
};
board.addEventListener("mouseleave", show);
board.addEventListener("focusout", () => setTimeout(show));
setInterval(ask, 3000);
setInterval(() => {
  for (const each of board.querySelectorAll("[data-seconds]")) {
    const now = performance.now() / 1000;  // not the clock of this machine, which may be wrong
    each.began ??= now - Number(each.dataset.seconds);
    each.textContent = length(now - each.began);
  }
}, 1000);
