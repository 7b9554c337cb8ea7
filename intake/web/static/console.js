"use strict";
// Single keys for those who work all night: they are shown beside what they do.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select")) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]:not([hidden])`);
  if (target) {
    event.preventDefault();
    if (target.matches("input, button, textarea")) target.focus(); else target.click();
  } else if (event.key === "j" || event.key === "k") walk(event.key === "j" ? 1 : -1);
});
// From one ticket (or call) of the lists to the next; Enter opens it, as it does any link.
const walk = (step) => {
  const links = [...document.querySelectorAll(".tickets td:nth-child(-n+2) a.number")];
  if (!links.length) return;
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.max(0, Math.min(links.length - 1, at + step));
  links[next].focus();
};
// What comes to a ticket while somebody reads it (a recording has become text, say) is announced too.
const changed = document.getElementById("changed");
if (changed) {
  setInterval(async () => {
    try {
      const answer = await fetch(`${changed.pathname}/version`, { headers: { Accept: "application/json" } });
      if (!answer.ok || !changed.hidden) return;
      const { version } = await answer.json();
      if (version === Number(changed.dataset.version)) return;
      changed.textContent = "这张工单刚有变化，点这里看（r）。先抄下您填的；不点也行，提交时会请您看过新情况再交一次"; changed.hidden = false;
    } catch { /* the next try will tell */ }
  }, 5000);
}
// New tickets are announced, never inserted under the cursor; how things stand alarm.js asks.
const news = document.getElementById("news");
if (news) {
  document.addEventListener("stands", ({ detail }) => {
    const more = detail.waiting - Number(news.dataset.count);
    news.hidden = more <= 0;
    if (more > 0) news.textContent = `新来 ${more} 件，点这里刷新（r）`;
  });
}
