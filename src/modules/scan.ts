/**
 * What a module asks for: every specifier that Deno or its bundler would follow, with its line. Pure.
 *
 * The bundler follows more than the language's static imports: `require`, template literals without
 * expressions, both arms of a conditional, and, as a pattern over the file system, any concatenation that
 * begins with `./` or `../`. All of them are found here, since what is not found is not checked.
 */
import { type Comment, parseSync, Visitor } from "oxc-parser";
import { dynamicSpecifiers, importsData, isDataType, type Pieces } from "./dynamic.ts";

export interface ModuleRequest {
	specifier: string;
	/** 1-based. */
	line: number;
	/** `asset`: read as JSON or text. `type`: erased. `optional`: a `require`, which need not lead anywhere. */
	form: "module" | "asset" | "type" | "optional";
}

/** A request that is known only in part: `import("./locales/" + name + ".ts")`. */
export interface PatternRequest {
	/** The known parts in order, undefined for what is known at run time only. The first is a text. */
	pieces: Pieces;
	line: number;
}

export interface ModuleScan {
	requests: ModuleRequest[];
	patterns: PatternRequest[];
	/** Where the module does not parse; then the other lists say nothing. */
	fault: { message: string; line: number } | undefined;
	/** The source's comments, in order; offsets are in UTF-16 units. */
	comments: Comment[];
}

/** Whether a path's name says that it is JavaScript or TypeScript. */
export function isCode(path: string): boolean {
	return /\.[cm]?[jt]sx?$/i.test(path);
}

interface Attributed {
	attributes: readonly { key: { type: string; name?: string; value?: unknown }; value: { value: unknown } }[];
}

function isAsset({ attributes }: Attributed): boolean {
	return attributes.some(({ key, value }) => (key.name ?? key.value) === "type" && isDataType(value.value));
}

/**
 * Scans one module.
 * @param path decides the language by its extension, `.tsx` as TypeScript with JSX and so on
 */
export function scanModule(path: string, source: string): ModuleScan {
	const { errors, comments, program } = parseSync(path, source);
	const lineAt = lines(source);
	const [error] = errors;
	if (error !== undefined) {
		const fault = { message: error.message, line: lineAt(error.labels[0]?.start ?? 0) };
		return { requests: [], patterns: [], fault, comments };
	}
	const requests = pragmas(comments, lineAt);
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
	const formOf = (node: Attributed, kind: "type" | "value") =>
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
	return { requests, patterns, fault: undefined, comments };
}

/** `@jsxImportSource X` in a comment imports `X/jsx-runtime`. */
function pragmas(comments: readonly Comment[], lineAt: (offset: number) => number): ModuleRequest[] {
	return comments.flatMap(({ value, start }) =>
		[...value.matchAll(/@jsxImportSource\s+(\S+)/g)].map(
			([, source]): ModuleRequest => ({
				specifier: `${source}/jsx-runtime`,
				line: lineAt(start),
				form: "module",
			}),
		),
	);
}

/** Turns offsets into 1-based lines. */
function lines(source: string): (offset: number) => number {
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
