/** Draws a recorded terminal session as an SVG with system fonts, for light and dark pages. Pure. */

const FONT_SIZE = 14;
/** Monospaced system fonts are 0.55 to 0.61 em wide. */
const COLUMN = FONT_SIZE * 0.61;
const LINE = 20;
const MARGIN = 20;
const BAR = 34;

const STYLE = `
	.window { fill: #ffffff; stroke: #d0d7de }
	.dot { fill: #d0d7de }
	text { font: ${FONT_SIZE}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #57606a }
	.typed { fill: #0a3069; font-weight: bold }
	.ok { fill: #1a7f37 }
	.note { fill: #24292f }
	@media (prefers-color-scheme: dark) {
		.window { fill: #0d1117; stroke: #30363d }
		.dot { fill: #30363d }
		text { fill: #9ba4ae }
		.typed { fill: #a5d6ff }
		.ok { fill: #56d364 }
		.note { fill: #e6edf3 }
	}`;

function escapeXml(text) {
	return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Parts of a line with the class that each is drawn in; "" is plain. */
function partsOf(line) {
	if (line.startsWith("$ ")) return [["typed", line]];
	const mark = line.match(/^( *)(✓)(.*)$/);
	if (mark) {
		return [
			["", mark[1]],
			["ok", mark[2]],
			["note", mark[3]],
		];
	}
	return [[line.startsWith(" ") ? "" : "note", line]];
}

function drawLine(line, index) {
	const spans = partsOf(line)
		.filter(([, text]) => text !== "")
		.map(([kind, text]) => (kind ? `<tspan class="${kind}">${escapeXml(text)}</tspan>` : escapeXml(text)));
	const y = BAR + MARGIN + index * LINE;
	return spans.length === 0
		? ""
		: `<text x="${MARGIN}" y="${y}" xml:space="preserve">${spans.join("")}</text>`;
}

/**
 * @param lines of the terminal: those that begin with `$ ` were typed
 * @param title the picture's alternative text
 * @returns the SVG's text
 */
export function drawSession(lines, title) {
	const columns = Math.max(...lines.map((line) => [...line].length));
	const width = Math.ceil(columns * COLUMN) + 2 * MARGIN;
	const height = BAR + lines.length * LINE + MARGIN;
	const dots = [0, 1, 2].map(
		(index) => `<circle class="dot" cx="${MARGIN + 5 + index * 18}" cy="18" r="5"/>`,
	);
	return `${[
		`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">`,
		`<title id="title">${escapeXml(title)}</title>`,
		`<style>${STYLE}\n</style>`,
		`<rect class="window" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
		...dots,
		...lines.map(drawLine).filter((text) => text !== ""),
		"</svg>",
	].join("\n")}\n`;
}

/** The lines of a picture that `drawSession` drew, without its blank ones. */
export function linesOf(svg) {
	const unescaped = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
	return [...svg.matchAll(/<text [^>]*>(.*)<\/text>/g)].map(([, inner]) =>
		unescaped(inner.replace(/<\/?tspan[^>]*>/g, "")),
	);
}
