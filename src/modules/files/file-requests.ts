/**
 * Finds the files that a module refers to by its own location: `new URL("./page.html", import.meta.url)`,
 * `join(__dirname, "fonts")`. Pure.
 */
import { Scopes } from "../../references/bundle/scopes.ts";
import { isFunction, type Node, staticKey } from "../../references/bundle/syntax.ts";
import { directoryOf } from "../paths.ts";
import { exportOf } from "./bindings.ts";
import { Evaluator } from "./evaluate.ts";
import { pathUses, resolvedPackage } from "./path-uses.ts";
import { HOLE, locationOf, type PathValue } from "./values.ts";

/** A file, or several files, that a module refers to. */
export interface FileRequest {
	/**
	 * The known parts of the path, relative to the root, in order; undefined for a part that is known at run time only.
	 * One known part is the path of a file or folder. Undefined instead of a list if the path leads out of the project.
	 */
	readonly pieces: readonly (string | undefined)[] | undefined;
	/** 1-based. */
	readonly line: number;
	/**
	 * Whether the module fails without the file: the path is passed to a function that reads it, and nothing handles the
	 * error.
	 */
	readonly isRead: boolean;
	/** Whether the file is the module of a worker. */
	readonly isWorker?: boolean;
	/** The package whose location the module asks for, as `npm:` or `jsr:` specifier. Then the rest has no meaning. */
	readonly ofPackage?: string;
	/** A path relative to the working directory, which has no files of the project. Then the rest has no meaning. */
	readonly fromWorkingDirectory?: string;
}

/** Functions that read a file, of Deno, of Node and of the web. */
const READERS = new Set([
	...["readTextFile", "readTextFileSync", "readFile", "readFileSync", "createReadStream"],
	...["open", "openSync", "readDir", "readDirSync", "readdir", "readdirSync"],
]);

/**
 * Whether a module may read its own location. A module without these words cannot, so its scopes need not be analysed.
 */
export function mayReadItsLocation(source: string): boolean {
	return ["meta", "__dirname", "__filename"].some((word) => source.includes(word));
}

/** Whether a module may read a file by a path relative to the working directory. */
export function mayReadWorkingDirectory(source: string): boolean {
	return source.includes("Deno.read") || source.includes("Deno.open");
}

/**
 * The requests of a module.
 * @param path its path, relative to the root
 */
export function fileRequests(
	program: object,
	path: string,
	lineAt: (offset: number) => number,
): FileRequest[] {
	const scopes = new Scopes(program as Node);
	const evaluator = new Evaluator(scopes, () => path);
	const requests = new Map<string, FileRequest>();
	for (const node of pathUses(scopes)) {
		if (isPrinted(node)) continue;
		const line = lineAt(node.start);
		const ofPackage = resolvedPackage(node);
		if (ofPackage !== undefined) {
			requests.set(`${ofPackage} ${line}`, { pieces: [], line, isRead: false, ofPackage });
			continue;
		}
		const isWorker = isWorkerModule(node, scopes);
		const isRead = isWorker || isReadUnguarded(node, scopes);
		for (const value of evaluator.evaluate(node)) {
			const pieces =
				isWorker && locationOf(value).kind === "inside" ? piecesOf(value, "") : piecesOf(value, path);
			if (pieces === "none") continue;
			const key = JSON.stringify([pieces, line]);
			const known = requests.get(key);
			requests.set(key, {
				...{ pieces, line, isRead: isRead || (known?.isRead ?? false) },
				...((isWorker || known?.isWorker) && { isWorker: true }),
			});
		}
	}
	return [...requests.values(), ...workingDirectoryReads(scopes, lineAt)];
}

/** `Deno.readTextFile("./page.html")` and the like. */
function workingDirectoryReads(scopes: Scopes, lineAt: (offset: number) => number): FileRequest[] {
	return [...scopes.freeReads("Deno")].flatMap((node) => {
		const call = node.parent?.parent;
		const isCall = call?.type === "CallExpression" && call.callee === node.parent;
		if (!isCall || !isReader(call, scopes) || isGuarded(call)) return [];
		const path = literalText(call.arguments[0]);
		if (path === undefined || path === "" || /^([/\\]|[a-z][a-z\d+.-]*:)/i.test(path)) return [];
		return [{ pieces: [], line: lineAt(call.start), isRead: false, fromWorkingDirectory: path }];
	});
}

function literalText(node: Node | undefined): string | undefined {
	if (node?.type === "Literal" && typeof node.value === "string") return node.value;
	const isPlain = node?.type === "TemplateLiteral" && node.expressions.length === 0;
	return isPlain ? node.quasis[0].value.cooked : undefined;
}

/** The pieces of a request; "none" if the value is not the path of another file of the project. */
export function piecesOf(value: PathValue, module: string): FileRequest["pieces"] | "none" {
	// The whole path is unknown. It is most likely relative to the module.
	if (value.text === HOLE) return [directoryOf(module) === "" ? "" : `${directoryOf(module)}/`, undefined];
	const location = locationOf(value);
	if (location.kind === "elsewhere") return "none";
	if (location.kind === "outside") return undefined;
	if (location.path === module) return "none";
	const [first = "", ...rest] = location.path.split(new RegExp(`${HOLE}+`));
	const pieces = [first, ...rest.flatMap((text) => (text === "" ? [undefined] : [undefined, text]))];
	return pieces;
}

function isPrinted({ parent }: Node): boolean {
	return parent?.type === "CallExpression" && parent.callee.object?.name === "console";
}

/** Whether a node is the first argument of `new Worker`. */
function isWorkerModule(node: Node, scopes: Scopes): boolean {
	const { parent } = node;
	if (parent?.type !== "NewExpression" || parent.arguments[0] !== node) return false;
	return parent.callee.name === "Worker" && scopes.resolve(parent.callee) === undefined;
}

function isReadUnguarded(node: Node, scopes: Scopes): boolean {
	const { parent } = node;
	if (parent?.type !== "CallExpression" || parent.arguments[0] !== node) return false;
	return isReader(parent, scopes) && !isGuarded(parent);
}

function isReader({ arguments: [, options], callee }: Node, scopes: Scopes): boolean {
	if (callee.type === "Identifier" && callee.name === "fetch") return scopes.resolve(callee) === undefined;
	const isDeno = callee.type === "MemberExpression" && callee.object.name === "Deno";
	const name = isDeno ? staticKey(callee.property, callee.computed) : exportOf(callee, scopes)?.name;
	if (name === undefined || !READERS.has(name)) return false;
	// Opening a file with options or a mode may create it.
	return !/^open/.test(name) || options === undefined;
}

/** Whether the code expects an error: `try { … }`, `.catch(…)`. */
function isGuarded(call: Node): boolean {
	for (let node = call; node.parent !== undefined; node = node.parent) {
		const { parent } = node;
		if (parent.type === "TryStatement" && parent.block === node && parent.handler) return true;
		const method =
			parent.type === "MemberExpression" ? staticKey(parent.property, parent.computed) : undefined;
		if (method === "catch" || (method === "then" && parent.parent?.arguments?.length === 2)) return true;
		if (isFunction(node)) return false;
	}
	return false;
}
