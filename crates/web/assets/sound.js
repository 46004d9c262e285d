// Short tones for those who look elsewhere; off or on is remembered.

const PLACE = "saoma.sound";
let context;

/** Whether sounds are on; they are until somebody switches them off. */
export const isOn = () => localStorage.getItem(PLACE) !== "off";

/** Switches sounds. */
export function toggle() {
  localStorage.setItem(PLACE, isOn() ? "off" : "on");
  if (isOn()) play("scan");
}

// frequency in hertz, start and length in seconds
const TUNES = {
  scan: [[1320, 0, 0.07]],
  paid: [[784, 0, 0.12], [1047, 0.12, 0.12], [1319, 0.24, 0.26]],
  stop: [[330, 0, 0.18], [247, 0.2, 0.32]],
  check: [[660, 0, 0.12], [660, 0.2, 0.12]],
};

/** Plays one of the tunes, if sounds are on. */
export function play(name) {
  if (!isOn() || !TUNES[name]) return;
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume().catch(() => {}); // a browser lets a page sound once somebody has touched it
  for (const [hertz, start, length] of TUNES[name]) {
    const tone = context.createOscillator();
    const level = context.createGain();
    const from = context.currentTime + start;
    tone.frequency.value = hertz;
    level.gain.setValueAtTime(0.0001, from);
    level.gain.exponentialRampToValueAtTime(0.25, from + 0.015);
    level.gain.exponentialRampToValueAtTime(0.0001, from + length);
    tone.connect(level).connect(context.destination);
    tone.start(from);
    tone.stop(from + length + 0.02);
  }
}
