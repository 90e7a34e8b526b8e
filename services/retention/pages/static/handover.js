// Goes on to the other service by itself; without JavaScript the button does it.
document.querySelector("#handover")?.submit();
