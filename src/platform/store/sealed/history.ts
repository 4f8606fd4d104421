/** Whether a store continues the history that this process has seen of it, and if not, what has happened to it. */
import type { AppError } from "../../../errors.ts";
import type { StreamEntry, StreamHead, StreamName } from "../store.ts";
import { type Part, PLATFORM_STREAM, SealCode } from "./seal-code.ts";
import { altered, emptied, exchanged, rolledBack } from "./seal-faults.ts";

/** Matches entries whose code has the current form. Entries of earlier versions do not match. */
const CHAINED = /"code":"[A-Za-z0-9_-]{43}"\}$/;
const APP_STREAMS = "apps/";
const SCHEDULE_STREAMS = "schedule/";
/** Entries that are read at the same time. */
const READS_MAX = 64;

/** What a store has at one moment. */
export interface FoundStore {
	readonly heads: readonly StreamHead[];
	/** The number of streams. More than there are heads: last entries are missing. */
	readonly streams: number;
	readonly seal: string | undefined;
}

/** What this process knows of the store. */
export interface KnownStore {
	readonly code: SealCode;
	readonly key: Uint8Array;
	/** The first entry of the stream `platform`. Undefined if there was none. */
	readonly first: string | undefined;
	/** Reads the store as it is now. */
	readonly read: (stream: StreamName, afterRevision: number, limit?: number) => Promise<StreamEntry[]>;
}

/** Whether these last entries can belong to a store of an earlier version, which has no seal. */
function isUnsealed(heads: readonly StreamHead[]): boolean {
	const platform = heads.find(({ stream }) => stream === PLATFORM_STREAM);
	return heads.length === 0 || (platform !== undefined && !CHAINED.test(platform.body));
}

/**
 * What is wrong with a store. Undefined: its seal is right, and it continues what is known.
 * @returns `STORE_ALTERED`, `STORE_EMPTIED`, `STORE_EXCHANGED` or `STORE_ROLLED_BACK` (exit 7)
 */
export async function faultOf(found: FoundStore, known: KnownStore): Promise<AppError | undefined> {
	const { heads, seal, streams } = found;
	const code = new SealCode(known.key);
	code.setAll(heads);
	const isSealed = seal === undefined ? isUnsealed(heads) : code.matches(seal);
	const isIntact = isSealed && streams === heads.length;
	if (known.code.size === 0) return isIntact ? undefined : altered();
	if (streams === 0) return emptied();
	const [first] = await known.read(PLATFORM_STREAM, 0, 1);
	if (first !== undefined && known.first !== undefined && first.body !== known.first) return exchanged();
	if (!isIntact) return altered();
	return (await hasLost(found, known)) ? rolledBack() : undefined;
}

/** Whether the store lacks an entry that is known, and that no deletion explains. */
async function hasLost({ heads }: FoundStore, known: KnownStore): Promise<boolean> {
	const present = new Map(heads.map((head) => [head.stream, head]));
	const suspects: [StreamName, Part][] = [];
	const grown: [StreamName, Part][] = [];
	for (const [stream, part] of known.code.partsOf("")) {
		const head = present.get(stream);
		if (head !== undefined && head.revision > part.revision) grown.push([stream, part]);
		else if (head === undefined || !known.code.endsWith(head)) suspects.push([stream, part]);
	}
	for (let at = 0; at < grown.length; at += READS_MAX) {
		const some = grown.slice(at, at + READS_MAX);
		const kept = await Promise.all(some.map((each) => isKept(each, known)));
		suspects.push(...some.filter((_, index) => !kept[index]));
	}
	if (suspects.length === 0) return false;
	if (suspects.some(([stream]) => stream === PLATFORM_STREAM)) return true;
	const apps = await deletionsOf(known);
	return suspects.some(([stream, part]) => !isDeleted(stream, part, present, apps));
}

/** Whether a stream that has grown still has the entry that was its last one. */
async function isKept(
	[stream, { revision }]: [StreamName, Part],
	{ code, read }: KnownStore,
): Promise<boolean> {
	const [entry] = await read(stream, revision - 1, 1);
	return entry !== undefined && code.endsWith({ stream, ...entry });
}

/** The entry that deleted each app last, and whether the app exists again. */
type Deletions = ReadonlyMap<string, { readonly revision: number; readonly isBack: boolean }>;

async function deletionsOf({ read }: KnownStore): Promise<Deletions> {
	const apps = new Map<string, { revision: number; isBack: boolean }>();
	for (const { body, revision } of await read(PLATFORM_STREAM, 0)) {
		const { app, type } = appEventOf(body);
		if (typeof app !== "string") continue;
		const last = apps.get(app);
		if (type === "app-deleted") apps.set(app, { revision, isBack: false });
		else if (type === "app-created" && last !== undefined) apps.set(app, { ...last, isBack: true });
	}
	return apps;
}

/** The parts of an entry that say which app it is about. Its code is checked when the entry is applied. */
function appEventOf(body: string): { readonly app?: unknown; readonly type?: unknown } {
	try {
		return (JSON.parse(body) ?? {}) as object;
	} catch {
		return {};
	}
}

/** Whether the platform itself has deleted a stream. */
function isDeleted(
	stream: StreamName,
	{ since }: Part,
	present: ReadonlyMap<StreamName, StreamHead>,
	apps: Deletions,
): boolean {
	// A stream of claims is deleted when later ones have taken its place.
	if (stream.startsWith(SCHEDULE_STREAMS))
		return [...present.keys()].some((name) => name.startsWith(SCHEDULE_STREAMS) && name > stream);
	if (!stream.startsWith(APP_STREAMS)) return false;
	const deletion = apps.get(stream.slice(APP_STREAMS.length).split("/")[0] ?? "");
	// What was known when an app of that name existed again was not deleted by the deletion before.
	return deletion !== undefined && (!deletion.isBack || deletion.revision > since);
}
