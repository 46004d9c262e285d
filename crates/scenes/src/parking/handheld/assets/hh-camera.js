// The two photos of the leaving car: a live picture, a button and the key F10. What is taken is kept with the hash of its bytes.

import { el, icon, say } from "./core.js";

const WIDTH = 1280;
const QUALITY = 0.82;
/** Photos that belong to a payment. */
export const WANTED = 2;

async function hashed(blob) {
  const bytes = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return Array.from(new Uint8Array(bytes), (b) => b.toString(16).padStart(2, "0")).join("");
}

const taken = async (blob) => ({ blob, at: Date.now(), sha256: await hashed(blob), url: URL.createObjectURL(blob) });

/** A panel that takes photos; `changed` is called after each. Answers the panel, the photos, and how to stop. */
export function camera(changed) {
  const photos = [];
  const video = el("video", { autoplay: true, muted: true, playsinline: true, "aria-label": say("ph.camera") });
  video.muted = true;
  const slots = el("div.slots");
  const trouble = el("div", { role: "status" });
  const shoot = el("button.button.touch", { type: "button", "data-shoot": "", click: () => snap() }, icon("camera"), say("ph.take_photo"));
  const file = el("input", { type: "file", accept: "image/jpeg,image/png,image/webp", capture: "environment", hidden: true, change: async () => { if (file.files[0]) add(await taken(file.files[0])); file.value = ""; } });
  const panel = el("section.photos", {}, video, slots, trouble, shoot, file);
  let stream;
  let failed = false;
  const draw = () => {
    slots.replaceChildren(...Array.from({ length: WANTED }, (_, n) =>
      photos[n] ? el("button.slot", { type: "button", "aria-label": say("ph.retake", { n: n + 1 }), click: () => { URL.revokeObjectURL(photos[n].url); photos.splice(n, 1); draw(); changed(); } }, el("img", { src: photos[n].url, alt: say("ph.photo_n", { n: n + 1 }) }))
        : el("span.slot.empty", {}, String(n + 1))));
    shoot.disabled = photos.length >= WANTED;
  };
  const add = (photo) => {
    if (photos.length < WANTED) photos.push(photo);
    draw();
    changed();
  };
  const snap = async () => {
    if (photos.length >= WANTED) return;
    if (failed || !video.videoWidth) {
      file.click();
      return;
    }
    const scale = Math.min(1, WIDTH / video.videoWidth);
    const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(video.videoWidth * scale), height: Math.round(video.videoHeight * scale) });
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    if (blob) add(await taken(blob));
  };
  const pressed = (event) => {
    if (event.key !== "F10") return;
    event.preventDefault();
    snap();
  };
  document.addEventListener("keydown", pressed);
  const start = async () => {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: WIDTH } }, audio: false });
      video.srcObject = stream;
    } catch {
      failed = true;
      video.remove();
      trouble.replaceChildren(el("p.small.muted", {}, say("ph.no_camera")));
      changed();
    }
  };
  start();
  draw();
  const stop = () => {
    document.removeEventListener("keydown", pressed);
    stream?.getTracks().forEach((track) => track.stop());
  };
  return { panel, photos, stop, failed: () => failed };
}
