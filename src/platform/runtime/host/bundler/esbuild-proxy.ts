/**
 * Runs esbuild for `deno bundle`, and changes what the two say to each other (`../../build/bundler.ts` explains why):
 *
 * - One flag of the first message is replaced.
 * - If Deno finds no module for an import, the module is searched as Node's `require` does.
 * - `require` of a package loads its `main`, as in Node, and not its `module`.
 * - `require` and `import()` of a missing module in a package stay in the bundle, and fail when they run, as in Node.
 * - Errors have their places in the sources, and not in the JavaScript that Deno makes of TypeScript.
 *
 * Everything else passes unchanged.
 *
 * Arguments: the flag to replace, the replacement, the package cache, the path of esbuild, esbuild's own arguments.
 */
import { posix } from "node:path";
import { EntryPoints, moduleOf, requiredFile } from "../../../../modules/packages/entry-points.ts";
import { originalPlace } from "./original-place.ts";
import { cacheFiles, packageOf } from "./package-files.ts";
import {
	concat,
	decode,
	encode,
	encodeEntry,
	headOf,
	indexOf,
	packetOf,
	packets,
	Sender,
	SIZE_BYTES,
	type Value,
} from "./packets.ts";

const [from = "", to = "", cache = "", program = "", ...args] = Deno.args;

/** esbuild's question where an import leads. */
interface Question {
	readonly path: string;
	readonly importer: string;
	readonly kind: string;
	readonly resolveDir: string;
}

/** Deno's answer. Without a path and without errors it means that Deno found nothing. */
interface Answer {
	readonly id: number;
	readonly path?: string;
	readonly external?: boolean;
	readonly errors?: readonly { readonly text?: string }[];
}

/** The result of the build. */
interface Result {
	readonly errors?: readonly {
		readonly location?: { readonly file: string; readonly line: number; readonly column: number } | null;
	}[];
}

// Most packets are passed on without being read, because reading them all takes longer than the rest.
const RESOLVE = encodeEntry("command", "on-resolve");
const LOAD = encodeEntry("command", "on-load");
const FOUND = encodeEntry("path", "").slice(0, -SIZE_BYTES);
const SLASH = "/".charCodeAt(0);
const EXTERNAL = encodeEntry("external", true);
const IN_PACKAGE = new TextEncoder().encode(`${cache}/npm/`);

/** The number of Deno's request to build. */
const BUILD_ID = 0;
/** The numbers of this program's own questions to Deno begin here; esbuild counts from zero. */
const OWN_IDS = 2 ** 30;
/** Imports that run when their code is reached, so that a `catch` can handle them. */
const LATE = new Set(["require-call", "require-resolve", "dynamic-import"]);
const APART = "These functions use both entry points of a package. Each must be built alone.";
const BARE = /^(?:@[\w.-]+\/)?[\w-][\w.-]*(?:\/(?!.*(?:^|\/)\.\.?(?:\/|$)).*)?$/;

/** Deno's request to build, with the other flag. */
function start(packet: Uint8Array): Uint8Array {
	build = exchange(packet);
	return build;
}

/** Replaces a string in a packet. A packet without it is not changed. */
function exchange(packet: Uint8Array): Uint8Array {
	const old = encode(from);
	const start = indexOf(packet, old);
	if (start < 0) return packet;
	return concat(packet.subarray(0, start), encode(to), packet.subarray(start + old.length));
}

const child = new Deno.Command(program, { args, stdin: "piped", stdout: "piped", stderr: "inherit" }).spawn();
const toEsbuild = new Sender(child.stdin);
const toDeno = new Sender(Deno.stdout.writable);
/** esbuild's questions that Deno has not answered. */
const questions = new Map<number, Uint8Array>();
/** esbuild's requests for modules of the project that Deno has not answered. */
const loads = new Map<number, Uint8Array>();
/** Deno's answers with the modules of the project, by path. */
const loaded = new Map<string, Uint8Array>();
/** The entry points of packages that are used in this run of esbuild. */
const entryPoints = new EntryPoints();
/** Deno's request to build, as esbuild got it. */
let build: Uint8Array | undefined;
/** What waits for answers to this program's own questions. */
const waiting = new Map<number, (answer: Answer) => void>();
let ownIds = OWN_IDS;

/** Asks Deno where an import leads. */
function ask(question: Question): Promise<Answer> {
	const id = ownIds++;
	const answer = new Promise<Answer>((resolve) => waiting.set(id, resolve));
	toDeno.send(packetOf(id, false, { ...question }));
	return answer;
}

/** Finds a module of a package that Deno did not find. */
async function findModule(question: Question, { errors }: Answer): Promise<string | undefined> {
	const own = packageOf(question.importer, cache);
	if (own !== undefined && /^\.\.?(\/|$)/.test(question.path))
		return requiredFile(posix.resolve(question.resolveDir, question.path), own, cacheFiles);
	// Deno names what an import map or a package.json makes of an import.
	const mapped = /^Could not resolve '(npm:[^']+)'/.exec(errors?.[0]?.text ?? "")?.[1];
	const specifier = mapped ?? (own === undefined ? "" : question.path);
	const [, name, path = ""] = /^((?:npm:\/?)?(?:@[^/]+\/)?[^/.:@][^/:]*)(?:\/(.+))?$/.exec(specifier) ?? [];
	if (name === undefined) return undefined;
	const { path: manifest = "" } = await ask({ ...question, path: `${name}/package.json` });
	const folder = packageOf(manifest, cache);
	// A package with `exports` has no modules besides those.
	if (folder === undefined || cacheFiles.manifestOf(folder).exports !== undefined) return undefined;
	return requiredFile(posix.join(folder, path), folder, cacheFiles);
}

/**
 * What stays in the bundle for a missing module. Deno loads what `import()` names without asking for permission, so it
 * must not lead to a file beside the bundle.
 * @returns undefined if the import stays an error: it runs before its module, or would lead out of the package
 */
function missing({ importer, kind, path, resolveDir }: Question): string | undefined {
	const own = packageOf(importer, cache);
	if (own === undefined || !LATE.has(kind) || /^(\/|file:)/i.test(path)) return undefined;
	const isRelative = path.startsWith(".");
	if (isRelative && !posix.resolve(resolveDir, path).startsWith(`${own}/`)) return undefined;
	if (kind !== "dynamic-import" || BARE.test(path)) return path;
	return `${cacheFiles.manifestOf(own).name ?? "package"}/${path.replace(/^[^/]*[:/]/, "")}`;
}

/** @returns a better answer than Deno's; undefined if there is none */
async function mend(question: Question, answer: Answer): Promise<Value | undefined> {
	const found = { id: answer.id, pluginName: "coffer" };
	const path = await findModule(question, answer);
	if (path !== undefined) return { ...found, path, external: false };
	const left = missing(question);
	return left === undefined ? undefined : { ...found, path: left, external: true };
}

/** Passes an answer on, or a better one. */
async function passAnswer(id: number, question: Uint8Array, packet: Uint8Array): Promise<void> {
	const start = indexOf(packet, FOUND);
	// Deno gives the names of other runtimes' modules, such as `bun:sqlite`, as paths.
	const isFile = start >= 0 && packet[start + FOUND.length + SIZE_BYTES] === SLASH;
	const isFound = isFile || indexOf(packet, EXTERNAL) >= 0;
	const isOfPackage = isFile && indexOf(packet, IN_PACKAGE) >= 0;
	if (isFound && !isOfPackage) return toEsbuild.send(packet);
	const [asked, answer] = [decode(question) as unknown as Question, decode(packet) as unknown as Answer];
	const better = isFound ? withMain(asked, answer) : await mend(asked, answer);
	toEsbuild.send(better === undefined ? packet : packetOf(id, true, better));
}

/** @returns an answer with the `main` of a package in place of its `module`; undefined if Deno's answer is right */
function withMain(question: Question, answer: Answer): Value | undefined {
	const root = packageOf(answer.path ?? "", cache);
	const found = root && moduleOf(question, answer.path ?? "", root, cacheFiles);
	if (!found || !entryPoints.isMain(found, question.kind)) return undefined;
	return { ...answer, path: found.main } as unknown as Value;
}

/** Corrects the places of errors. */
function withPlaces(packet: Uint8Array): Uint8Array {
	const result = decode(packet) as Value & Result;
	if (!result.errors?.length) return packet;
	const errors = result.errors.map((error) => {
		const { location } = error;
		const answer = location && loaded.get(posix.resolve(Deno.cwd(), location.file));
		if (!location || answer === undefined) return error;
		const { contents } = decode(answer) as { readonly contents?: Value };
		const code = contents instanceof Uint8Array ? new TextDecoder().decode(contents) : String(contents);
		return { ...error, location: { ...location, ...originalPlace(code, location) } };
	});
	return packetOf(BUILD_ID, true, { ...(result as object), errors } as Value);
}

async function passToEsbuild(): Promise<void> {
	let isFirst = true;
	for await (const packet of packets(Deno.stdin.readable)) {
		const { id, isAnswer } = headOf(packet);
		const question = isAnswer ? questions.get(id) : undefined;
		const load = isAnswer ? loads.get(id) : undefined;
		const resolve = isAnswer ? waiting.get(id) : undefined;
		if (resolve !== undefined && waiting.delete(id)) resolve(decode(packet) as unknown as Answer);
		else if (question !== undefined && questions.delete(id))
			passAnswer(id, question, packet).catch(() => toEsbuild.send(packet));
		else toEsbuild.send(isFirst ? start(packet) : packet);
		if (load !== undefined && loads.delete(id)) loaded.set(pathOf(load), packet);
		isFirst = false;
	}
	await toEsbuild.close();
}

function pathOf(request: Uint8Array): string {
	return (decode(request) as unknown as { readonly path: string }).path;
}

/** Remembers what esbuild asks. */
function note(id: number, packet: Uint8Array): void {
	if (indexOf(packet, RESOLVE) >= 0) questions.set(id, packet);
	else if (indexOf(packet, LOAD) >= 0 && indexOf(packet, IN_PACKAGE) < 0) loads.set(id, packet);
}

/**
 * Decides what follows a build. If it used both entry points of a package, it is repeated. But one of several entries
 * must not decide for the others, so then the build fails, and each entry is built alone.
 * @param packet esbuild's result @returns what Deno gets; undefined if the build is repeated
 */
function afterBuild(packet: Uint8Array): Uint8Array | undefined {
	if (!entryPoints.unify() || build === undefined) return withPlaces(packet);
	if ((decode(build) as { readonly entries: readonly Value[] }).entries.length > 1) return failed(packet);
	toEsbuild.send(build);
	return undefined;
}

/** A failed result. */
function failed(packet: Uint8Array): Uint8Array {
	const error = { id: "", pluginName: "", text: APART, location: null, notes: [], detail: -1 };
	return packetOf(BUILD_ID, true, { ...(decode(packet) as object), errors: [error] });
}

async function passToDeno(): Promise<void> {
	let isVersion = true;
	for await (const packet of packets(child.stdout)) {
		const { id, isAnswer } = isVersion ? { id: -1, isAnswer: true } : headOf(packet);
		isVersion = false;
		if (!isAnswer) note(id, packet);
		const passed = isAnswer && id === BUILD_ID ? afterBuild(packet) : packet;
		if (passed !== undefined) toDeno.send(passed);
	}
}

// A program that ends in the middle of a packet has a reason, which its exit status gives.
passToEsbuild().catch(() => undefined);
await passToDeno().catch(() => undefined);
await toDeno.close().catch(() => undefined);
Deno.exit((await child.status).code);
