"use strict";
// Printing takes seconds: the button says so at once, and what went wrong is told on the page. Without this script the
// form is sent as any other.
document.addEventListener("submit", async (event) => {
  const form = event.target, button = event.submitter;
  if (!form.matches(".papers-form") || !button || button.formMethod === "get") return;
  event.preventDefault();
  const told = form.querySelector("[data-printing]");
  const buttons = [...form.querySelectorAll("button[type=submit]")];
  const tell = (words) => { told.hidden = false; told.textContent = words; };
  tell(told.dataset.printing);
  buttons.forEach((b) => { b.disabled = true; });
  try {
    const answer = await fetch(button.getAttribute("formaction") || form.getAttribute("action"), { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (!answer.ok) throw new Error(String(answer.status));
    const name = /filename\*=UTF-8''(.+)$/.exec(answer.headers.get("content-disposition") || "");
    const address = URL.createObjectURL(await answer.blob());
    const link = document.createElement("a");
    link.href = address;
    link.download = name ? decodeURIComponent(name[1]) : "papers";
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
    tell(told.dataset.done);
  } catch {
    tell(told.dataset.failed);
  } finally {
    buttons.forEach((b) => { b.disabled = false; });
    button.focus();
  }
});
// A picture that does not come says so where it would stand.
{
  const undrawn = (img) => {
    const look = img.closest(".look");
    if (!look) return;
    img.hidden = true;
    look.querySelector("p").textContent = look.dataset.undrawn;
    look.querySelector("p").removeAttribute("aria-hidden");
  };
  document.addEventListener("error", (event) => { if (event.target.matches?.(".look img")) undrawn(event.target); }, true);
  for (const img of document.querySelectorAll(".look img")) if (img.complete && !img.naturalWidth && img.currentSrc) undrawn(img);
}
