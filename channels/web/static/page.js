"use strict";
// The page works without this file; with it, nothing typed is lost and news is announced.
document.documentElement.classList.add("script");
const BIG_BYTES = 1500000;
const LONGEST_SIDE = 2400;
const NEWS_EVERY_MS = 15000;
const AGAIN_MS = 5000;
const NOT_SENT = "没有发出去，您写的都还在，请再按一次发送。";
const GIVES_UP_MS = 120000;
const TOGETHER_MS = 60000;
const STAYS_EVERY_MS = 10000; // less than the cookie outlives the page's own clock
const say = document.getElementById("say");
const talk = document.querySelector(".talk");
const note = document.getElementById("note");
// Only pages that are looked at renew the cookie: an answer that comes late must not bring back who has left.
const QUIET = { "X-Quiet": "1" };
let forgotten = false;
let told = Date.now(); // when the server last heard that somebody is at the kiosk
let telling = null;
let photo = Promise.resolve(null); // what is sent in place of the chosen one

document.getElementById("last")?.scrollIntoView({ block: "start" });
if (say) { sending(); pinning(); picturing(); announcing(); reading(); }
const idle_s = Number(document.body.dataset.idle || 0);
if (idle_s) forgetting(idle_s, Number(document.body.dataset.warns));
// A page that comes back by the browser's own memory is asked for again: it may be another person's.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

// What was typed survives a failed connection; pressing twice sends once (the server knows the form's key).
function sending() {
  say.addEventListener("submit", async (event) => {
    event.preventDefault();
    const go = document.getElementById("go");
    go.disabled = true;
    inform("正在发送……");
    try {
      const data = new FormData(say);
      const small = await photo;
      if (small) data.set("photo", small, "photo.jpg");
      const signal = AbortSignal.timeout?.(GIVES_UP_MS);
      const answer = await fetch(say.action, { method: "POST", body: data, headers: QUIET, signal });
      if (forgotten) return;
      if (answer.ok) { location.replace(answer.url); return; }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const problem = page.querySelector(".problem");
      inform(problem?.textContent || NOT_SENT, { failed: true });
      say.key.value = page.querySelector("#say [name=key]")?.value || say.key.value;
    } catch {
      inform(NOT_SENT, { failed: true });
    }
    go.disabled = false;
  });
}

// What became of it, beside the button; what failed is seen at a glance, and not by its colour alone.
function inform(text, { failed = false } = {}) {
  note.textContent = failed ? `▲ ${text}` : text;
  note.classList.toggle("failed", failed);
}

function pinning() {
  const here = document.getElementById("here");
  if (!here || !navigator.geolocation || !isSecureContext) return;
  here.hidden = false;
  here.addEventListener("click", () => {
    inform("正在取位置……");
    navigator.geolocation.getCurrentPosition(
      (found) => {
        say.latitude.value = found.coords.latitude;
        say.longitude.value = found.coords.longitude;
        inform("位置附上了。请再写一句：什么事，在哪个村、哪条街。");
      },
      () => { inform("没有取到位置，请写明在哪个村、哪条街。", { failed: true }); },
      { timeout: 15000 });
  });
}

// The photo is shown before it is sent, and made smaller where the network would take minutes.
function picturing() {
  const input = document.getElementById("photo");
  if (!input) return;
  input.required = false;
  const preview = document.getElementById("preview");
  const picture = preview.querySelector("img");
  input.addEventListener("change", () => {
    URL.revokeObjectURL(picture.src);
    const chosen = input.files[0];
    const big = chosen && chosen.size > BIG_BYTES;
    photo = big ? smaller(chosen).catch(() => null) : Promise.resolve(null);
    preview.hidden = !chosen;
    if (chosen) picture.src = URL.createObjectURL(chosen);
  });
  preview.querySelector("button").addEventListener("click", () => {
    input.value = "";
    input.dispatchEvent(new Event("change"));
    input.focus();
  });
}

async function smaller(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
}

// News (a result, a question) is announced; nothing moves under the fingers until it is wanted.
function announcing() {
  const news = document.getElementById("news");
  let fresh = null;
  setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(location.pathname + location.search, { headers: QUIET }).catch(() => null);
    if (!answer?.ok || forgotten) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    const lines = (page) => page.querySelectorAll(".talk time").length;
    if (lines(found) <= lines(document)) return;
    fresh = found;
    news.hidden = false;
  }, NEWS_EVERY_MS);
  news.addEventListener("click", () => {
    // What is offered belongs to what was said last: both are new, or neither.
    for (const name of [".talk", "#choices"]) {
      const [old, found] = [document.querySelector(name), fresh.querySelector(name)];
      old.replaceChildren(...found.children);
      old.hidden = found.hidden;
    }
    news.hidden = true;
    reading();
    document.getElementById("last")?.scrollIntoView({ block: "start" });
  });
}

// For those who read with difficulty: our answers aloud, where the machine can speak. What came together
// (in a danger: what to do, the number, two questions) is one answer, with one button below its last part.
function reading() {
  if (!window.speechSynthesis) return;
  for (const group of together(document.querySelectorAll(".talk li"))) {
    const line = group.at(-1);
    const said = group.map((each) => each.querySelector("p")).filter(Boolean);
    if (!said.length || line.querySelector("button")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain read";
    button.textContent = "念给我听";
    button.addEventListener("click", () => {
      speechSynthesis.cancel();
      const words = new SpeechSynthesisUtterance(said.map((each) => each.innerText).join("\n"));
      words.lang = "zh-CN";
      words.rate = 0.9;
      speechSynthesis.speak(words);
    });
    line.append(button);
  }
}

// Our lines that follow one another within a minute, as groups.
function together(lines) {
  const groups = [];
  let before = null;
  for (const line of lines) {
    const at = Date.parse(line.querySelector("time")?.dateTime);
    const ours = line.classList.contains("us");
    if (ours && before !== null && at - before < TOGETHER_MS) groups.at(-1).push(line);
    else if (ours) groups.push([line]);
    before = ours ? at : null;
  }
  return groups;
}

// At the kiosk the next person must see nothing of this one.
function forgetting(after_s, warns_s) {
  const box = document.getElementById("idle");
  const left = document.getElementById("left");
  let ends = 0;
  const used = () => document.querySelector(".talk .you, #ask") || say?.text.value;
  const again = () => {
    if (forgotten) return;
    ends = Date.now() + after_s * 1000;
    box.hidden = true;
    if (used()) stay();
  };
  document.querySelector("form[action^='/end']")?.addEventListener("submit", leave);
  for (const name of ["pointerdown", "keydown", "input"]) addEventListener(name, again);
  document.getElementById("stay").addEventListener("click", again);
  again();
  setInterval(() => {
    if (!used()) { again(); return; }
    const rest_s = Math.ceil((ends - Date.now()) / 1000);
    left.textContent = Math.max(rest_s, 0);
    if (box.hidden && rest_s <= warns_s) { box.hidden = false; document.getElementById("stay").focus(); }
    if (rest_s <= 0 && !forgotten) forget();
  }, 1000);
}

// While somebody writes, the server keeps him as long as the page does.
function stay() {
  if (Date.now() - told < STAYS_EVERY_MS) return;
  told = Date.now();
  telling = new AbortController();
  fetch("/stay?kiosk=1", { method: "POST", headers: QUIET, signal: telling.signal }).catch(() => { told = 0; });
}

// An answer that comes after this must not bring him back.
function leave() {
  forgotten = true;
  telling?.abort();
}

async function forget() {
  leave();
  window.speechSynthesis?.cancel();
  talk?.replaceChildren();
  for (const form of document.forms) form.reset();
  if (say) say.text.value = "";
  try {
    await fetch("/end?kiosk=1", { method: "POST", headers: QUIET });
    location.replace("/?kiosk=1");
  } catch {
    setTimeout(forget, AGAIN_MS);
  }
}
