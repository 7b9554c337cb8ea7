"use strict";
// Single keys for those who work all night: they are shown beside what they do.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select")) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input, button")) target.focus(); else target.click();
});
// New tickets are announced, never inserted under the cursor.
const news = document.getElementById("news");
if (news) {
  setInterval(async () => {
    try {
      const answer = await fetch("/console/waiting", { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const { waiting, dangers } = await answer.json();
      if (dangers > Number(news.dataset.dangers)) {
        news.hidden = false; news.textContent = "有新的险情，马上点这里"; document.title = "■ 险情"; return;
      }
      const more = waiting - Number(news.dataset.count);
      news.hidden = more <= 0;
      if (more > 0) { news.textContent = `新来 ${more} 件，点这里刷新`; document.title = `（${more}）待办`; }
    } catch { /* the next try will tell */ }
  }, 5000);
}
