/** The colours of the style sheet, for what is drawn on a canvas. */

const NAMES = [
	"text",
	"quiet",
	"line",
	"surface",
	"ground",
	"accent",
	"good",
	"warn",
	"bad",
	"edge",
] as const;
export type Colours = Readonly<Record<(typeof NAMES)[number], string>>;

/** The present colours, light or dark. */
export function readColours(): Colours {
	const style = getComputedStyle(document.documentElement);
	return Object.fromEntries(
		NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
	) as Colours;
}

/** Calls when the reader changes between light and dark. @returns ends it */
export function onColourChange(listener: () => void): () => void {
	const query = matchMedia("(prefers-color-scheme: dark)");
	query.addEventListener("change", listener);
	return () => query.removeEventListener("change", listener);
}

export const wantsStill = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;
