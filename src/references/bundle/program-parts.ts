/**
 * Parses bundles, and keeps the syntax trees of their modules for the next bundles.
 *
 * The bundles of functions that share a package have most of their text in common. The bundler begins each module with
 * a comment on a separate line. A part of a bundle is the text from one such comment to the next.
 *
 * Parsing the parts separately gives the same result as parsing the whole text if each boundary surely lies between two
 * statements. That is so if the statement before it ends in a `;`, or is a declaration that ends in a `}`, and the
 * comment after it is a real comment, not text of a template or of another comment. The grammar is unambiguous, so
 * there is no other parse.
 */
import type { Comment } from "oxc-parser";
import { parseWithComments } from "./parse.ts";
import { type LineComment, moveTo, type ProgramPart, partAt } from "./program-part.ts";
import type { Node } from "./syntax.ts";

/** A syntax tree. It is valid until the next bundle is parsed, which may move its nodes. */
export interface ParsedBundle {
	readonly program: Node;
	readonly parts: readonly ProgramPart[];
}

/** Where a module may begin: a comment at the start of a line. */
const MODULE_START = /^\/\/ /gm;

/** The most sections of a bundle that is parsed in parts. A large package has some hundred modules. */
const SECTIONS_MAX = 10_000;

/** The text of a bundle between two places where a module may begin. */
interface Section {
	readonly start: number;
	readonly end: number;
	readonly text: string;
}

/** A part that consists of one section. */
interface KeptPart {
	readonly text: string;
	readonly part: ProgramPart;
}

export class BundleParser {
	/** By text, the least recently used first. */
	readonly #kept = new Map<string, KeptPart>();
	readonly #charactersMax: number;
	#characters = 0;

	/** @param charactersMax the most characters of all kept parts. A tree takes 10 to 50 bytes for each character. */
	constructor(charactersMax: number) {
		this.#charactersMax = charactersMax;
	}

	/**
	 * Parses a bundle, an ES module.
	 * @throws AppError `BUNDLE_UNPARSABLE` (exit 1) if it does not parse or nests too deeply
	 */
	parse(code: string): ParsedBundle {
		const parts = this.#charactersMax > 0 ? this.#partsOf(code) : undefined;
		if (parts === undefined) return wholeBundle(code);
		const body = parts.flatMap(({ statements }) => statements);
		return { program: { type: "Program", start: 0, end: code.length, body } as Node, parts };
	}

	/** The parts of a bundle; undefined if they do not parse separately, or are too many. */
	#partsOf(code: string): readonly ProgramPart[] | undefined {
		const sections = sectionsOf(code);
		if (sections.length > SECTIONS_MAX) return undefined;
		const parts: ProgramPart[] = [];
		const used = new Set<ProgramPart>();
		let unknown: Section[] = [];
		const parseUnknown = (isLast: boolean) => {
			const found = unknown.length === 0 ? [] : this.#parseSections(unknown, isLast);
			unknown = [];
			for (const part of found ?? []) {
				used.add(part);
				parts.push(part);
			}
			return found !== undefined;
		};
		for (const section of sections) {
			const known = this.#kept.get(section.text);
			// A tree can be used only once in a program.
			if (known === undefined || used.has(known.part)) {
				unknown.push(section);
				continue;
			}
			if (!parseUnknown(false)) return undefined;
			this.#renew(section.text, known);
			used.add(known.part);
			moveTo(known.part, section.start);
			parts.push(known.part);
		}
		if (!parseUnknown(true)) return undefined;
		// Only the parse of the whole text notices that two parts export the same name.
		const exporting = parts.filter(({ statements }) =>
			statements.some(({ type }) => type.startsWith("Export")),
		);
		return exporting.length > 1 ? undefined : parts;
	}

	/**
	 * Parses sections that follow one another, and keeps those that are parts.
	 * @param isLast whether the bundle ends after them
	 * @returns undefined if they do not parse without the surrounding text
	 */
	#parseSections(sections: readonly Section[], isLast: boolean): ProgramPart[] | undefined {
		const [first, last] = [sections[0] as Section, sections.at(-1) as Section];
		const text = sections.map((section) => section.text).join("");
		let parsed: ReturnType<typeof parseWithComments>;
		try {
			parsed = parseWithComments(text);
		} catch {
			return undefined;
		}
		const statements = parsed.program.body as Node[];
		const lineComments = lineCommentsOf(text, parsed.comments);
		const parts: ProgramPart[] = [];
		const open = { start: 0, sections: 0, statements: [] as Node[], comments: [] as LineComment[] };
		const close = (end: number) => {
			const part = partAt(open.start, open.statements, open.comments);
			moveTo(part, first.start + open.start);
			parts.push(part);
			Object.assign(open, { start: end, sections: 0, statements: [], comments: [] });
			return part;
		};
		let [at, noted] = [0, 0];
		for (const section of sections) {
			const end = section.end - first.start;
			for (; (statements[at]?.start ?? end) < end; at++) open.statements.push(statements[at] as Node);
			for (; (lineComments[noted]?.start ?? end) < end; noted++) {
				const { start, value } = lineComments[noted] as LineComment;
				open.comments.push({ start: start - open.start, value });
			}
			open.sections++;
			const isBoundary = section === last || lineComments[noted]?.start === end;
			if (!isBoundary || !endsSurely(open.statements.at(-1), text, end)) continue;
			const isOne = open.sections === 1;
			const part = close(end);
			if (isOne) this.#keep(section.text, part);
		}
		if (open.sections === 0) return parts;
		if (!isLast) return undefined;
		close(text.length);
		return parts;
	}

	/** Marks a part as the most recently used one. */
	#renew(text: string, kept: KeptPart) {
		this.#kept.delete(text);
		this.#kept.set(kept.text, kept);
	}

	/** Keeps a part, and drops the least recently used ones. */
	#keep(text: string, part: ProgramPart) {
		if (text.length > this.#charactersMax || this.#kept.has(text)) return;
		const copy = copyOf(text);
		this.#kept.set(copy, { text: copy, part });
		this.#characters += copy.length;
		for (const oldest of this.#kept.keys()) {
			if (this.#characters <= this.#charactersMax) break;
			this.#kept.delete(oldest);
			this.#characters -= oldest.length;
		}
	}
}

function wholeBundle(code: string): ParsedBundle {
	const { comments, program } = parseWithComments(code);
	return { program, parts: [partAt(0, program.body as Node[], lineCommentsOf(code, comments))] };
}

function lineCommentsOf(text: string, comments: readonly Comment[]): readonly LineComment[] {
	const isOfLine = ({ start, type }: Comment) => type === "Line" && (start === 0 || text[start - 1] === "\n");
	return comments.filter(isOfLine).map(({ start, value }) => ({ start, value: copyOf(value) }));
}

/** A copy of a text. A slice of a bundle would keep the whole bundle in memory. */
function copyOf(text: string): string {
	return JSON.parse(JSON.stringify(text)) as string;
}

function sectionsOf(code: string): Section[] {
	const starts = [...code.matchAll(MODULE_START)].map(({ index }) => index);
	if (starts[0] !== 0) starts.unshift(0);
	return starts.map((start, index) => {
		const end = starts[index + 1] ?? code.length;
		return { start, end, text: code.slice(start, end) };
	});
}

/**
 * Whether a statement ends before a place in the text, whatever follows there. If there is no statement, the text
 * before the place has only comments and spaces.
 */
function endsSurely(statement: Node | undefined, text: string, place: number): boolean {
	if (statement === undefined) return true;
	if (statement.end > place) return false;
	if (statement.type === "FunctionDeclaration" || statement.type === "ClassDeclaration") return true;
	return ENDS_WITH_SEMICOLON.has(statement.type) && text[statement.end - 1] === ";";
}

const ENDS_WITH_SEMICOLON = new Set([
	"ExpressionStatement",
	"VariableDeclaration",
	"ImportDeclaration",
	"ExportNamedDeclaration",
	"ExportAllDeclaration",
	"ExportDefaultDeclaration",
]);
