// The telephone's script: looks for news, runs the camera, counts down. Without it every step is still a link or a form.
(() => {
  'use strict';
  const main = () => document.getElementById('main');

  // News: another version of this page, or a place to go because the telephone rings.
  let looking = false;
  async function look() {
    const address = main().dataset.live;
    if (!address || looking || document.hidden) return;
    looking = true;
    try {
      const later = new URLSearchParams(location.search).get('later');
      const answer = await fetch(address + (later ? '&later=' + later : ''));
      const news = await answer.json();
      if (news.go) {
        location.assign(news.go);
      } else if (news.version !== main().dataset.version && !scanning && !main().contains(editing())) {
        await redraw();
      }
    } catch (e) {
      // The sandbox is away for a moment; the next look tells.
    } finally {
      looking = false;
    }
  }

  // A field with text in it is not taken away.
  function editing() {
    const field = document.activeElement;
    return field && field.matches('input, select') && field.value ? field : null;
  }

  async function redraw() {
    const answer = await fetch(location.href);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    main().replaceWith(page.getElementById('main'));
    dress();
  }

  // The payment code's minute.
  function countDown() {
    const shown = document.querySelector('[data-countdown]');
    if (!shown) return;
    const left = Number(shown.textContent) - 1;
    if (left <= 0) location.reload();
    else shown.textContent = left;
  }

  // The camera: the browser's own detector where there is one, jsQR elsewhere.
  let scanning = null;
  function openCode(text) {
    const form = document.querySelector('form.paste');
    form.elements.code.value = text;
    form.submit();
  }

  async function reader() {
    if ('BarcodeDetector' in window) {
      try {
        const detector = new BarcodeDetector({ formats: ['qr_code'] });
        return async (video) => ((await detector.detect(video))[0] || {}).rawValue;
      } catch (e) { /* present but without QR codes */ }
    }
    if (!window.jsQR) {
      await new Promise((resolve, reject) => {
        const script = document.createElement('script');
        script.src = '/phone/jsQR.js';
        script.onload = resolve;
        script.onerror = reject;
        document.head.append(script);
      });
    }
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d', { willReadFrequently: true });
    return async (video) => {
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      if (!canvas.width) return undefined;
      context.drawImage(video, 0, 0);
      const found = window.jsQR(context.getImageData(0, 0, canvas.width, canvas.height).data, canvas.width, canvas.height);
      return found ? found.data : undefined;
    };
  }

  async function startCamera() {
    const box = document.querySelector('[data-camera]');
    const video = box.querySelector('video');
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      scanning = stream;
      video.srcObject = stream;
      box.hidden = false;
      await video.play();
      const read = await reader();
      while (scanning === stream) {
        const text = await read(video).catch(() => undefined);
        if (text) {
          stopCamera();
          openCode(text);
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, 120));
      }
    } catch (e) {
      stopCamera();
      const problem = document.querySelector('[data-camera-problem]');
      problem.textContent = problem.dataset.text;
      problem.hidden = false;
    }
  }

  function stopCamera() {
    if (scanning) scanning.getTracks().forEach((track) => track.stop());
    scanning = null;
    const box = document.querySelector('[data-camera]');
    if (box) box.hidden = true;
  }

  // What only works with a script is shown by the script.
  function dress() {
    const start = document.querySelector('[data-camera-start]');
    if (start && navigator.mediaDevices) {
      start.hidden = false;
      start.addEventListener('click', startCamera);
      document.querySelector('[data-camera-stop]').addEventListener('click', stopCamera);
    }
    const choice = document.querySelector('[data-submit]');
    if (choice) choice.addEventListener('change', () => choice.form.submit());
  }

  dress();
  setInterval(look, 1500);
  setInterval(countDown, 1000);
  addEventListener('pagehide', stopCamera);
})();
