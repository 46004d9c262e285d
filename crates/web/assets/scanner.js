// A scanner types like a keyboard, far faster than a person, and ends with Enter. This hears it wherever the focus is, and gives
// back what it typed into a field by the way.

const FAST_MS = 100;
const SHORTEST = 12;

/** Calls `scanned` with the figures of every scan. `undo` is called with the moment's snapshot when figures typed by the scanner have to be taken back. */
export function listen(scanned, snapshot, undo) {
  let burst = "";
  let last = 0;
  let before = null;
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const at = event.timeStamp;
      if (event.key.length === 1 && /[0-9A-Za-z]/.test(event.key)) {
        if (at - last > FAST_MS || !burst) {
          burst = "";
          const field = document.activeElement;
          before = { field, value: field?.value, rest: snapshot() };
        }
        burst += event.key;
        last = at;
      } else if (event.key === "Enter") {
        const code = burst;
        const fast = at - last <= FAST_MS * 3;
        burst = "";
        if (!fast || code.length < SHORTEST || !/^\d+$/.test(code)) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        if (before?.field && "value" in before.field && before.value !== undefined) {
          before.field.value = before.value;
          before.field.dispatchEvent(new Event("input", { bubbles: true }));
        }
        undo(before?.rest);
        scanned(code);
      } else if (event.key !== "Shift") {
        burst = "";
      }
    },
    true,
  );
}
