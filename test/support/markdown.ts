/**
 * Checks of Markdown for the test of the documents: its columns, the paths that it mentions, its links. Pure.
 */

const COLUMNS_MAX = 110;

/** A fault with its 1-based line. */
export interface MarkdownFault {
	readonly line: number;
	readonly what: string;
}

interface Line {
	readonly number: number;
	readonly text: string;
	/** Whether it is inside a fenced block. */
	readonly isCode: boolean;
}

function linesOf(text: string): Line[] {
	let isCode = false;
	return text.split("\n").map((line, index) => {
		const isFence = /^\s*(```|~~~)/.test(line);
		if (isFence) isCode = !isCode;
		return { number: index + 1, text: line, isCode: isCode || isFence };
	});
}

/**
 * Lines that are too long. Exceptions are tables, JSON messages, which are one line on the wire, and lines
 * that cannot be broken.
 */
export function longLines(text: string): MarkdownFault[] {
	return linesOf(text)
		.filter((line) => !line.text.startsWith("|") && [...line.text].length > COLUMNS_MAX)
		.filter((line) => !(line.isCode && /^\s*\{/.test(line.text)))
		.filter((line) => /\S\s+\S/.test(line.text.replace(/^\s*(?:[-*]|\d+\.)?\s*/, "")))
		.map(({ number, text: { length } }) => ({ line: number, what: `${length} columns` }));
}

const MENTION =
	/(?<![\w/.@$:-])(?:src|test|docs|scripts|bench|bin|examples|findings|\.ci)\/[\w@.*{},/-]*[\w*}/]/g;

/** A placeholder, and everything after it. */
const PLACEHOLDER = /(?:NAME|TOPIC)\b.*$/;

/** `a/{b,c}.ts` → `a/b.ts`, `a/c.ts` */
function alternatives(path: string): string[] {
	const braces = path.match(/^(.*)\{([^}]*)\}(.*)$/);
	if (braces === null) return [path];
	const [, before = "", inner = "", after = ""] = braces;
	return inner.split(",").flatMap((word) => alternatives(before + word + after));
}

/** Whether a path is a file or a folder. `*` matches any part of a name. */
function isThere(path: string, files: readonly string[]): boolean {
	const escaped = path.replace(/\/$/, "").replace(/[.+?^${}()|[\]\\]/g, "\\$&");
	const pattern = new RegExp(`^${escaped.replaceAll("*", "[^/]*")}(?:/|$)`);
	return files.some((file) => pattern.test(file));
}

/**
 * Paths of the repository that a document mentions and that do not exist. Code blocks are not checked,
 * because their paths may be examples.
 * @param files of the repository, relative to its root
 */
export function missingPaths(text: string, files: readonly string[]): MarkdownFault[] {
	const prose = linesOf(text).filter((line) => !line.isCode && !line.text.startsWith("    "));
	return prose.flatMap((line) =>
		[...line.text.matchAll(MENTION)]
			.flatMap(([mention]) => alternatives(mention))
			.map((path) => path.replace(PLACEHOLDER, ""))
			.filter((path) => !isThere(path, files))
			.map((path) => ({ line: line.number, what: `there is no ${path}` })),
	);
}

/** The anchor that GitHub gives to a heading. */
function anchorOf(heading: string): string {
	const words = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "");
	return words
		.toLowerCase()
		.replace(/[^\p{L}\p{N}\s_-]/gu, "")
		.trim()
		.replaceAll(" ", "-");
}

export function anchorsOf(text: string): Set<string> {
	const headings = linesOf(text).filter((line) => !line.isCode && /^#+ /.test(line.text));
	return new Set(headings.map((line) => anchorOf(line.text.replace(/^#+ /, ""))));
}

function resolvePath(folder: string, path: string): string {
	const segments: string[] = [];
	for (const segment of `${folder}/${path}`.split("/")) {
		if (segment === "..") segments.pop();
		else if (segment !== "" && segment !== ".") segments.push(segment);
	}
	return segments.join("/");
}

/**
 * Links inside the repository that lead nowhere.
 * @param path of the document, relative to the root
 * @param documents every Markdown file: path → text
 * @param files of the repository, relative to its root
 */
export function brokenLinks(
	path: string,
	documents: ReadonlyMap<string, string>,
	files: readonly string[],
): MarkdownFault[] {
	const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
	return linesOf(documents.get(path) ?? "")
		.filter((line) => !line.isCode)
		.flatMap((line) =>
			[...line.text.replace(/`[^`]*`/g, "").matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
				if (/^[a-z]+:/.test(link)) return [];
				const [to = "", anchor] = link.split("#");
				const target = to === "" ? path : resolvePath(folder, to);
				const isFound = isThere(target, files) && !target.includes("*");
				const text = documents.get(target);
				const isAnchored = anchor === undefined || (text !== undefined && anchorsOf(text).has(anchor));
				return isFound && isAnchored ? [] : [{ line: line.number, what: `the link ${link} leads nowhere` }];
			}),
		);
}
