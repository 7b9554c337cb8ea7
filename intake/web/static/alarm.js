// On every page: asks how things stand, and shows and sounds dangers that nobody has taken up.
// What a page's own script wants to know of the answer it hears as the event "stands".
const EVERY_MS = 5000, MOST_SHOWN = 3, MOST_MISSED = 3;
const OPENED = "alarm-opened", SOUND = "alarm-sound", RANG = "alarm-rang";
const LOST = "▲ 连不上热线系统，来了险情这里不会知道。请刷新，或者重新登录。";
const TELLS = "■ 险情，还没有人接手";
const bar = document.getElementById("alarm");
const list = bar.querySelector("ul");
const buttons = [...document.querySelectorAll("button.sounds")];
const hush = bar.querySelector("button.hush");
const calm = document.title;
const here = /^\/console\/tickets\/([\d-]+)/.exec(location.pathname)?.[1];
const listed = (document.getElementById("news")?.dataset.dangers ?? "").split(" ");
let dangers = [], missed = 0, shown = "", first = true;
// What this browser remembers, in all its windows; without a store each page starts anew.
const kept = {};
const remembered = (key) => { try { return localStorage.getItem(key) ?? kept[key]; } catch { return kept[key]; } };
const remember = (key, value) => { kept[key] = value; try { localStorage.setItem(key, value); } catch { /* this page knows */ } };
const opened = () => new Set((remembered(OPENED) ?? "").split(" ").filter(Boolean));
// Sound: three beeps for as long as a danger has neither been opened here nor taken up by anybody.
const ear = typeof AudioContext === "function" ? new AudioContext() : null;
const allowed = () => ear?.state === "running";
const beep = (at, pitch) => {
  const tone = ear.createOscillator(), loud = ear.createGain();
  tone.type = "square";
  tone.frequency.value = pitch;
  loud.gain.value = 0.2;
  tone.connect(loud).connect(ear.destination);
  tone.start(at);
  tone.stop(at + 0.25);
};
const ring = () => {
  const since = Math.abs(Date.now() - Number(remembered(RANG) ?? 0));
  if (!allowed() || since < EVERY_MS - 1000) return;  // another window has just rung
  remember(RANG, String(Date.now()));
  [880, 660, 880].forEach((pitch, index) => beep(ear.currentTime + index * 0.35, pitch));
};
const unheard = () => dangers.filter(({ number }) => !opened().has(number));
const permit = async () => {
  await ear?.resume();
  remember(SOUND, "on");
  beep(ear.currentTime, 880);
  draw();
};
const silence = () => {
  remember(OPENED, [...opened(), ...dangers.map(({ number }) => number)].join(" "));
  draw();
};
// The bar: what is read or typed below stays where it is while the bar comes and goes.
const steady = (change) => {
  const main = document.getElementById("main"), before = main.getBoundingClientRect().top;
  change();
  if (!first) window.scrollBy(0, main.getBoundingClientRect().top - before);
};
const link = (href, text) => {
  const item = document.createElement("li"), made = document.createElement("a");
  made.href = href;
  made.textContent = text;
  item.append(made);
  return item;
};
const items = (elsewhere) => {
  const made = elsewhere.slice(0, MOST_SHOWN).map(({ number, what }) => link(`/console/tickets/${number}`, `${what} ${number}`));
  const more = elsewhere.length - MOST_SHOWN;
  if (more > 0) made.push(link("/console", `还有 ${more} 件，到待办看`));
  if (made.length) made[0].firstChild.dataset.key = "x";
  return made;
};
const draw = () => {
  const others = dangers.filter(({ number }) => number !== here);
  const elsewhere = others.filter(({ number }) => !listed.includes(number));
  const rings = unheard().length > 0;
  const mute = ear && !allowed() && (rings || remembered(SOUND) !== "on");
  const says = elsewhere.length ? `${TELLS}：` : missed >= MOST_MISSED ? LOST : rings ? TELLS : "";
  document.title = others.length ? `■ 险情 ${others.length} 件 · ${calm}` : calm;
  steady(() => {
    bar.hidden = !says;
    document.body.classList.toggle("alarmed", Boolean(says));
    hush.hidden = !rings || !allowed();
    for (const each of buttons) each.hidden = !mute || bar.contains(each) === !says;
    const now = JSON.stringify([says, elsewhere]);
    if (now === shown) return;  // told once, whoever has it read aloud
    shown = now;
    bar.querySelector("b").textContent = says;
    list.replaceChildren(...items(elsewhere));
  });
};
const ask = async () => {
  try {
    const answer = await fetch("/console/waiting", { headers: { Accept: "application/json" }, signal: AbortSignal.timeout(2 * EVERY_MS) });
    if (!answer.ok) throw new Error("away");
    const stands = await answer.json();
    dangers = stands.dangers;
    missed = 0;
    const known = opened();
    if (here) known.add(here);
    remember(OPENED, dangers.map(({ number }) => number).filter((number) => known.has(number)).join(" "));
    document.dispatchEvent(new CustomEvent("stands", { detail: stands }));
  } catch { missed += 1; }
  draw();
  first = false;
  if (unheard().length) ring();
};
for (const each of buttons) each.addEventListener("click", permit);
hush.addEventListener("click", silence);
ear?.addEventListener("statechange", draw);
if (remembered(SOUND) === "on") for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => ear?.resume(), { once: true });
// A page that nobody looks at has its own timers slowed down; a worker's are not.
new Worker("/console/static/tick.js").addEventListener("message", ask);
ask();
