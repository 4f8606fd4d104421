/**
 * Scans a module for its imports: every specifier that Deno or its bundler would follow, with its line. Pure.
 *
 * The bundler follows more than the static imports of the language: `require`, template literals without expressions,
 * both branches of a conditional and, as a pattern for file names, every concatenation that begins with `./` or `../`.
 * All of them must be found here, because an import that is not found is not checked.
 */
import { type Comment, parseSync, Visitor } from "oxc-parser";
import { fromUtf8 } from "../bytes.ts";
import { AppError, EXIT } from "../errors.ts";
import { dynamicSpecifiers, importsData, isDataType, type SpecifierPieces } from "./dynamic.ts";
import {
	type FileRequest,
	fileRequests,
	mayReadItsLocation,
	mayReadWorkingDirectory,
} from "./files/file-requests.ts";
import { isWasm } from "./paths.ts";
import { scanWasm } from "./scan-wasm.ts";
import { TOO_DEEP, treeTooLarge } from "./source-faults.ts";

export interface ModuleRequest {
	specifier: string;
	/** 1-based. */
	line: number;
	/** `asset` is read as JSON or text, `type` is erased, `optional` is a `require` whose target may be missing. */
	form: "module" | "asset" | "type" | "optional";
}

/** An import that is known in part only: `import("./locales/" + name + ".ts")`. */
export interface PatternRequest {
	/** The parts in order; undefined for a part that is known at run time only. The first part is always known. */
	pieces: SpecifierPieces;
	line: number;
}

export interface ModuleScan {
	requests: ModuleRequest[];
	patterns: PatternRequest[];
	/** The files that the module reads when it runs. */
	files: FileRequest[];
	/** Whether the result depends on the path of the module, not only on its text. */
	isPlaced?: boolean;
	/** Set if the module has a syntax error. Then the other lists are empty. */
	fault: { message: string; line: number } | undefined;
	/** The source's comments, in order; offsets are in UTF-16 units. */
	comments: Comment[];
}

interface WithAttributes {
	attributes: readonly { key: { type: string; name?: string; value?: unknown }; value: { value: unknown } }[];
}

function isAsset({ attributes }: WithAttributes): boolean {
	return attributes.some(({ key, value }) => (key.name ?? key.value) === "type" && isDataType(value.value));
}

/**
 * Scans one module.
 * @param path its extension decides the language: `.tsx` is TypeScript with JSX, and so on
 */
export function scanModule(path: string, source: string): ModuleScan {
	const { errors, comments, program } = parseSync(path, source);
	const lineAt = lineFinder(source);
	const [error] = errors;
	if (error !== undefined) {
		const fault = { message: error.message, line: lineAt(error.labels[0]?.start ?? 0) };
		return { requests: [], patterns: [], files: [], fault, comments };
	}
	const requests = pragmaRequests(comments, lineAt);
	const patterns: PatternRequest[] = [];
	const add = (specifier: string, start: number, form: ModuleRequest["form"]) =>
		requests.push({ specifier, line: lineAt(start), form });
	const addDynamic = (argument: Parameters<typeof dynamicSpecifiers>[0], form: ModuleRequest["form"]) => {
		for (const pieces of dynamicSpecifiers(argument)) {
			const [first] = pieces;
			if (pieces.length === 1 && first !== undefined) add(first, argument.start, form);
			else if (first !== undefined && /^\.\.?\//.test(first)) {
				patterns.push({ pieces, line: lineAt(argument.start) });
			}
		}
	};
	const formOf = (node: WithAttributes, kind: "type" | "value") =>
		kind === "type" ? "type" : isAsset(node) ? "asset" : "module";
	new Visitor({
		ImportDeclaration: (node) => add(node.source.value, node.start, formOf(node, node.importKind ?? "value")),
		ExportAllDeclaration: (node) =>
			add(node.source.value, node.start, formOf(node, node.exportKind ?? "value")),
		ExportNamedDeclaration: (node) => {
			if (node.source !== null) add(node.source.value, node.start, formOf(node, node.exportKind ?? "value"));
		},
		ImportExpression: (node) => addDynamic(node.source, importsData(node.options) ? "asset" : "module"),
		TSExternalModuleReference: (node) => add(node.expression.value, node.start, "optional"),
		CallExpression: ({ callee, arguments: [argument] }) => {
			if (callee.type !== "Identifier" || callee.name !== "require" || argument === undefined) return;
			if (argument.type !== "SpreadElement") addDynamic(argument, "optional");
		},
	}).visit(program);
	const isPlaced = mayReadItsLocation(source);
	const readsFiles = isPlaced || mayReadWorkingDirectory(source);
	const files = readsFiles ? fileRequests(program, path, lineAt) : [];
	return { requests, patterns, files, isPlaced, fault: undefined, comments };
}

/** Comments that make Deno import a module. The first group is the specifier. All but the first kind are erased. */
const PRAGMAS: readonly (readonly [RegExp, ModuleRequest["form"], end: string])[] = [
	[/@jsxImportSource\s+(\S+)/g, "module", "/jsx-runtime"],
	[/@jsxImportSourceTypes\s+(\S+)/g, "type", "/jsx-runtime"],
	[/@(?:deno|ts)-types\s*=\s*["']?([^"'\s]+)/g, "type", ""],
	[/<reference\s[^>]{0,500}?(?:types|path)\s*=\s*["']([^"']+)/g, "type", ""],
];

/** The imports in comments. */
function pragmaRequests(comments: readonly Comment[], lineAt: (offset: number) => number): ModuleRequest[] {
	return comments.flatMap(({ value, start }) =>
		PRAGMAS.flatMap(([pattern, form, end]) =>
			[...value.matchAll(pattern)].map(
				([, source]): ModuleRequest => ({ specifier: source + end, line: lineAt(start), form }),
			),
		),
	);
}

/** Returns a function from an offset to its 1-based line. */
function lineFinder(source: string): (offset: number) => number {
	const starts = [0];
	for (const match of source.matchAll(/\r\n|[\n\r\u2028\u2029]/g)) starts.push(match.index + match[0].length);
	return (offset) => {
		let low = 0;
		let high = starts.length;
		while (high - low > 1) {
			const middle = (low + high) >> 1;
			if ((starts[middle] ?? 0) <= offset) low = middle;
			else high = middle;
		}
		return low + 1;
	};
}

/** Scans modules. The same bytes are scanned only once, also for several entry modules. */
export class Scanner {
	readonly #found = new WeakMap<Uint8Array, Map<string, ModuleScan>>();
	readonly #onParse: (path: string) => () => void;
	#parses = 0;

	/**
	 * @param onParse called before a source is parsed, because parsing can end the process; the function that it returns
	 *   is called after the parsing
	 */
	constructor(onParse: (path: string) => () => void = () => () => {}) {
		this.#onParse = onParse;
	}

	/** The number of sources that were parsed. */
	get parses(): number {
		return this.#parses;
	}

	/**
	 * Scans a module, or returns the earlier result for the same bytes.
	 * @param path its extension decides the language
	 * @param bytes for the same content, the caller must pass the same object
	 * @throws AppError `SOURCE_NOT_TEXT`, `SOURCE_TOO_LARGE` (exit 2)
	 */
	scan(path: string, bytes: Uint8Array): ModuleScan {
		const language = /(\.d)?\.[^./]+$/.exec(path.toLowerCase())?.[0] ?? "";
		const byLanguage = this.#found.get(bytes) ?? new Map<string, ModuleScan>();
		// The files that a module reads depend on its path.
		const placed = `${language} ${path}`;
		const known = byLanguage.get(language) ?? byLanguage.get(placed);
		if (known !== undefined) return known;
		const scan = this.#parse(path, bytes);
		this.#found.set(bytes, byLanguage.set(scan.isPlaced ? placed : language, scan));
		return scan;
	}

	#parseWasm(path: string, bytes: Uint8Array): ModuleScan {
		this.#parses++;
		const parsed = this.#onParse(path);
		try {
			const { fault, imports } = scanWasm(bytes);
			const requests = imports.map((specifier): ModuleRequest => ({ specifier, line: 1, form: "module" }));
			const message = fault === undefined ? undefined : { message: fault, line: 1 };
			return { requests, patterns: [], files: [], fault: message, comments: [] };
		} finally {
			parsed();
		}
	}

	#parse(path: string, bytes: Uint8Array): ModuleScan {
		if (isWasm(path)) return this.#parseWasm(path, bytes);
		const source = fromUtf8(bytes);
		if (source === undefined) {
			const message = `${path} is not UTF-8 text.`;
			throw new AppError({ code: "SOURCE_NOT_TEXT", message, hint: "Save it as UTF-8.", exit: EXIT.usage });
		}
		this.#parses++;
		const parsed = this.#onParse(path);
		try {
			return scanModule(path, source);
		} catch (error) {
			if (!isStackOverflow(error)) throw treeTooLarge(path, bytes.length);
			const fault = { message: TOO_DEEP, line: 1 };
			return { requests: [], patterns: [], files: [], fault, comments: [] };
		} finally {
			parsed();
		}
	}
}

/** Whether the error says that the syntax tree is deeper than the stack allows. */
function isStackOverflow(error: unknown): boolean {
	return error instanceof RangeError && /call stack/i.test(error.message);
}
