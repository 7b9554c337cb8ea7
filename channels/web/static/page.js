"use strict";
const form = document.getElementById("say");
const note = document.getElementById("note");
const here = document.getElementById("here");
const talk = document.querySelector(".talk");
if (talk.children.length > 1) talk.lastElementChild.scrollIntoView({ block: "center" });
if (navigator.geolocation) {
  here.hidden = false;
  here.addEventListener("click", () => {
    note.textContent = "正在取位置……";
    navigator.geolocation.getCurrentPosition(
      (found) => {
        form.latitude.value = found.coords.latitude;
        form.longitude.value = found.coords.longitude;
        note.textContent = "位置已附上，请再写一句在哪个村或哪条街。";
      },
      () => { note.textContent = "没有取到位置，请写明在哪个村、哪条街。"; },
      { timeout: 15000 });
  });
}
// What was typed survives a failed connection; pressing twice sends once (the server knows the form's key).
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const go = document.getElementById("go");
  go.disabled = true;
  note.textContent = "正在发送……";
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    if (answer.ok) { location.assign(answer.url); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const problem = page.querySelector(".problem");
    note.textContent = problem ? problem.textContent : "没有发出去，请再试一次。";
    form.key.value = page.querySelector("[name=key]")?.value || form.key.value;
    go.disabled = false;
  } catch {
    note.textContent = "没有发出去，您写的都还在，请再按一次发送。";
    go.disabled = false;
  }
});
// At the kiosk the next person must see nothing of this one.
const idle = Number(document.body.dataset.idle || 0);
if (idle) {
  let timer;
  const again = () => { clearTimeout(timer); timer = setTimeout(() => document.querySelector(".end").form.submit(), idle * 1000); };
  ["pointerdown", "keydown"].forEach((name) => addEventListener(name, again));
  again();
}
// News (a result, a question) comes without a reload under the fingers: only while nothing is typed.
setInterval(async () => {
  if (form.text.value || document.hidden) return;
  const answer = await fetch(location.href).catch(() => null);
  if (!answer || !answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".talk");
  if (fresh && fresh.children.length > talk.children.length) talk.replaceChildren(...fresh.children);
}, 10000);
