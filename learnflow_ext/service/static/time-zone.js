// Says in which time zone the browser is: a student's days in a row begin and end there.
"use strict";

(async () => {
  const { zone, tell, xsrf } = document.getElementById("time-zone").dataset;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!here || here === zone) return;
  const headers = { "Content-Type": "application/json", "X-XSRFToken": xsrf };
  const body = JSON.stringify({ time_zone: here });
  try {
    // One that the service does not know it refuses: the page stays as it is.
    if ((await fetch(tell, { method: "POST", headers, body })).ok) location.reload();
  } catch {
    // The next visit says it again.
  }
})();
