/** Lists every content that a repository's refs reach, and where a content appeared first. */
import { once } from "node:events";
import { type GitContext, gitOutput, startGit } from "../run.ts";
import { findObjects } from "./objects.ts";

/** The contents of files that any ref reaches. */
export interface AllBlobs {
	readonly ids: readonly string[];
	/** The number of objects that the repository does not have, because it is a partial clone. */
	readonly missing: number;
}

/** Lists the blobs of all refs, and of the HEADs of all working trees, each once. @throws AppError as `gitOutput` */
export async function allBlobs(place: GitContext): Promise<AllBlobs> {
	const args = ["rev-list", "--objects", "--no-object-names", "--missing=print", "--all"];
	const lines = (await gitOutput(place, args)).split("\n").filter((line) => line !== "");
	const present = lines.filter((line) => !line.startsWith("?"));
	const found = present.length > 0 ? await findObjects(place, present) : [];
	const ids = found.flatMap((object) => (object?.type === "blob" ? [object.id] : []));
	return { ids, missing: lines.length - present.length };
}

/** Where a content appeared first. */
export interface Appearance {
	/** Null if no commit here shows it: a partial clone lacks the folder in which it appeared first. */
	readonly commit: string | null;
	/** From the top of the working tree; bytes as latin1 text. */
	readonly path: string;
}

/** `:` for each parent, then modes, ids and states. The id before the states is the content after the commit. */
const CHANGE = /^:+([0-9a-f]+ )+[A-Z]+$/;

/** Reads what `git diff-tree -z` prints: a commit's id, then for each change a description and a path. */
class Changes {
	#commit = "";
	#rest = "";
	#change: string | undefined;
	readonly #found: (id: string, appearance: Appearance) => void;

	/** @param found called for each content that a commit brings */
	constructor(found: (id: string, appearance: Appearance) => void) {
		this.#found = found;
	}

	take(text: string): void {
		const words = (this.#rest + text).split("\0");
		this.#rest = words.pop() ?? "";
		for (const word of words) this.#word(word);
	}

	#word(word: string): void {
		if (this.#change !== undefined) {
			const id = this.#change.split(" ").at(-2) ?? "";
			this.#found(id, { commit: this.#commit, path: word });
			this.#change = undefined;
		} else if (CHANGE.test(word)) this.#change = word;
		else this.#commit = word.trim();
	}
}

/** The paths of contents whose first commit is not known. Git names one path of each. */
async function namedPaths(place: GitContext, wanted: ReadonlySet<string>): Promise<[string, Appearance][]> {
	const args = ["rev-list", "--objects", "--missing=allow-any", "--all"];
	const lines = (await gitOutput(place, args, { encoding: "latin1" })).split("\n");
	return lines.flatMap((line) => {
		const [id, path] = [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)];
		const found: [string, Appearance][] =
			path === "" || !wanted.has(id) ? [] : [[id, { commit: null, path }]];
		return found;
	});
}

/**
 * Finds the first commit of each content, in an order in which parents come before children. A content that only a tag
 * has is left out.
 * @throws AppError as `gitOutput`
 */
export async function firstAppearances(
	place: GitContext,
	wanted: ReadonlySet<string>,
): Promise<Map<string, Appearance>> {
	const first = new Map<string, Appearance>();
	await eachChange(place, (id, appearance) => {
		if (wanted.has(id) && !first.has(id)) first.set(id, appearance);
		return first.size < wanted.size;
	});
	const others = new Set([...wanted].filter((id) => !first.has(id)));
	if (others.size > 0)
		for (const [id, appearance] of await namedPaths(place, others)) first.set(id, appearance);
	return first;
}

/**
 * Calls back for each content that a commit brings. Ends early where git lacks an object, as in a partial clone.
 * @param visit returns whether to go on
 */
async function eachChange(
	place: GitContext,
	visit: (id: string, appearance: Appearance) => boolean,
): Promise<void> {
	const commits = await gitOutput(place, ["rev-list", "--topo-order", "--reverse", "--all"]);
	const args = ["--stdin", "--root", "-r", "-c", "--raw", "-z", "--no-abbrev", "--no-renames"];
	const child = await startGit(place, ["diff-tree", ...args, "--no-ext-diff", "--no-textconv"]);
	const closed = once(child, "close");
	closed.catch(() => undefined);
	child.stdin.on("error", () => undefined);
	child.stdin.end(`${commits}\n`);
	let goesOn = true;
	const changes = new Changes((id, appearance) => {
		goesOn = visit(id, appearance);
	});
	try {
		for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
			changes.take(chunk.toString("latin1"));
			if (!goesOn) return;
		}
	} finally {
		child.kill("SIGKILL");
	}
}
