import { useEffect, useState } from "preact/hooks";

const SHOWN_MS = 2_000;

/** Copies a text. Nothing is shown where the browser does not let pages copy: without TLS, except on this machine. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
	const [state, setState] = useState<"ready" | "copied" | "refused">("ready");
	useEffect(() => {
		if (state === "ready") return;
		const timer = setTimeout(() => setState("ready"), SHOWN_MS);
		return () => clearTimeout(timer);
	}, [state]);
	if (navigator.clipboard === undefined) return null;
	const copy = () =>
		navigator.clipboard.writeText(text).then(
			() => setState("copied"),
			() => setState("refused"),
		);
	const words = { ready: "Copy", copied: "Copied", refused: "The browser refused" }[state];
	return (
		<button type="button" class="chip" aria-label={state === "ready" ? label : words} onClick={copy}>
			<span aria-live="polite">{words}</span>
		</button>
	);
}
