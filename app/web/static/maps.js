// A file may be dropped on the field that takes it. Without a script the field alone is there.
"use strict";

for (const zone of document.querySelectorAll("[data-drop]")) {
  const field = zone.querySelector("input[type=file]");
  // A file that the service would refuse for its size is told before it travels.
  field.addEventListener("change", () => {
    const most = Number(zone.dataset.most || 0) * 2 ** 20;
    const large = most && field.files[0] && field.files[0].size > most;
    field.setCustomValidity(large ? zone.dataset.tooLarge : "");
    if (large) field.reportValidity();
  });
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  zone.addEventListener("dragleave", (event) => {
    if (!zone.contains(event.relatedTarget)) zone.classList.remove("over");
  });
  zone.addEventListener("drop", (event) => {
    zone.classList.remove("over");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    field.files = one.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.focus();
  });
}
