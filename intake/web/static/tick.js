"use strict";
// Says every five seconds that they have passed.
setInterval(() => postMessage("tick"), 5000);
