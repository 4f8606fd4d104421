/**
 * Wraps paragraphs and lists of Markdown at 110 columns. Tables, headings, code and link definitions stay as they are.
 *
 *     node scripts/generate/wrap-markdown.mjs FILE...
 */
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const WIDTH = 110;
/** Code spans up to this length stay on one line. */
const SPAN_MAX = 70;
const NO_BREAK = "\u0001";

const FENCE = /^\s*(?:```|~~~)/;
const KEPT = /^\s*(?:\||<!--|#|$)|^\[[^\]]+\]: |^ {4,}/;
const ITEM = /^(\s*)([-*]|\d+\.)\s+(.*)$/;

function wordsOf(text) {
	const whole = text.replace(/`[^`]+`/g, (span) =>
		span.length > SPAN_MAX ? span : span.replace(/\s+/g, NO_BREAK),
	);
	return whole.split(/\s+/).filter(Boolean);
}

/** @param first begins the first line @param rest begins every other line */
function wrapBlock({ text, first, rest }) {
	const lines = [];
	let start = first;
	let words = [];
	const join = () => start + words.join(" ");
	for (const word of wordsOf(text)) {
		if (words.length > 0 && [...join()].length + 1 + [...word].length > WIDTH) {
			lines.push(join());
			start = rest;
			words = [];
		}
		words.push(word);
	}
	return [...lines, join()].map((line) => line.replaceAll(NO_BREAK, " "));
}

/** @returns the text with its paragraphs and lists wrapped */
export function wrapMarkdown(text) {
	const lines = [];
	let block;
	let isCode = false;
	const end = () => {
		if (block) lines.push(...wrapBlock(block));
		block = undefined;
	};
	for (const line of text.split("\n")) {
		const isFence = FENCE.test(line);
		const item = line.match(ITEM);
		const isContinued = block !== undefined && line.trim() !== "" && !item;
		if (isFence || isCode || (KEPT.test(line) && !(isContinued && /^ {4,}/.test(line)))) {
			end();
			lines.push(line);
			if (isFence) isCode = !isCode;
		} else if (item) {
			end();
			const [, indent, mark, rest] = item;
			block = { text: rest, first: `${indent}${mark} `, rest: indent + " ".repeat(mark.length + 1) };
		} else if (block) {
			block.text += ` ${line.trim()}`;
		} else {
			const [indent] = line.match(/^\s*/) ?? [""];
			block = { text: line.trim(), first: indent, rest: indent };
		}
	}
	end();
	return lines.join("\n");
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
	for (const path of process.argv.slice(2)) writeFileSync(path, wrapMarkdown(readFileSync(path, "utf8")));
}
