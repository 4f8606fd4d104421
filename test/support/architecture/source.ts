/** Source files as syntax trees, for the rules of the architecture test. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

export interface Import {
	/** As in the source: `../errors.ts`, `node:fs`, `zod`. */
	readonly specifier: string;
	/** The file that it names, relative to the root; undefined for packages and builtins. */
	readonly target: string | undefined;
	readonly line: number;
}

export interface Source {
	/** Relative to the root, with slashes. */
	readonly path: string;
	readonly text: string;
	readonly tree: ts.SourceFile;
	readonly imports: readonly Import[];
}

/** A line of a file that breaks a rule, and how. */
export interface Violation {
	readonly path: string;
	readonly line: number;
	readonly what: string;
}

export function lineOf(tree: ts.SourceFile, node: ts.Node): number {
	return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

/** Calls `visit` for every node below and including the given one. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
	visit(node);
	ts.forEachChild(node, (child) => walk(child, visit));
}

/** The module's name in `import … from`, `export … from`, `import()` and `import("…").Type`. */
function moduleName(node: ts.Node): ts.StringLiteralLike | undefined {
	if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
		const name = node.moduleSpecifier;
		return name !== undefined && ts.isStringLiteralLike(name) ? name : undefined;
	}
	if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
		const [name] = node.arguments;
		return name !== undefined && ts.isStringLiteralLike(name) ? name : undefined;
	}
	if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
		return ts.isStringLiteral(node.argument.literal) ? node.argument.literal : undefined;
	}
	return undefined;
}

function importsOf(path: string, tree: ts.SourceFile): Import[] {
	const imports: Import[] = [];
	walk(tree, (node) => {
		const name = moduleName(node);
		if (name === undefined) return;
		const specifier = name.text;
		const target = specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : undefined;
		imports.push({ specifier, target, line: lineOf(tree, node) });
	});
	return imports;
}

const KINDS: Readonly<Record<string, ts.ScriptKind>> = { ".ts": ts.ScriptKind.TS, ".tsx": ts.ScriptKind.TSX };

/** Parses one file's text as if it were at the path. */
export function parseSource(path: string, text: string): Source {
	const kind = KINDS[posix.extname(path)] ?? ts.ScriptKind.JS;
	const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind);
	return { path, text, tree, imports: importsOf(path, tree) };
}

function filesBelow(folder: string): string[] {
	return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
		const path = join(folder, entry.name);
		if (entry.isDirectory()) return entry.name === "node_modules" ? [] : filesBelow(path);
		return /\.(tsx?|js|mjs)$/.test(entry.name) ? [path] : [];
	});
}

/** Every source file of the project. */
export function readProject(): Source[] {
	return ["bin", "scripts", "src", "test", "bench"]
		.flatMap((folder) => filesBelow(join(ROOT, folder)))
		.map((file) => parseSource(relative(ROOT, file).replaceAll("\\", "/"), readFileSync(file, "utf8")));
}
