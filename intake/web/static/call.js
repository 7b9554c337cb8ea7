"use strict";
// A click on a line or a word plays the recording from two seconds before it; without this script
// the time beside a line opens the recording there.
const sound = document.getElementById("sound");
const talk = document.querySelector(".talk");
if (sound && talk) {
  talk.addEventListener("click", (event) => {
    const place = event.target.closest("[data-at]");
    if (!place || String(window.getSelection())) return;
    event.preventDefault();
    sound.currentTime = Number(place.dataset.at);
    sound.play();
  });
  const lines = [...talk.children];
  sound.addEventListener("timeupdate", () => {
    const at = sound.currentTime;
    for (const line of lines) {
      line.classList.toggle("now", at >= Number(line.dataset.from) && at < Number(line.dataset.until));
    }
  });
}
