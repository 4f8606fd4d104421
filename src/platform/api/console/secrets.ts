/** What the platform knows about the secrets of an app: names, versions, authors and times. Never a value. */
import type { History, SecretList } from "../../../protocol/console.ts";
import { removalDebt } from "../../../vault/document/removal-debt.ts";
import { parseRecordText } from "../../../vault/records/record.ts";
import type { App } from "../../apps/app.ts";
import type { AppState } from "../../apps/state/app-state.ts";

/** Entries of a page of the history. */
const PAGE = 50;

type Entries = Awaited<ReturnType<App["entries"]>>;

export interface HistoryQuery {
	/** The revision of the first entry to leave out. */
	readonly before: number;
	/** The only secret whose entries are wanted. */
	readonly name?: string | undefined;
}

/** The name of each member by its signing key. Removed members are included. */
function memberNames({ header }: AppState): (sign: string) => string {
	const names = new Map<string, string>();
	const environment = header?.environment;
	for (const { removed } of environment?.epochs.values() ?? [])
		for (const { name, sign } of removed) names.set(sign, name);
	for (const { name, sign } of environment?.members.values() ?? []) names.set(sign, name);
	return (sign) => names.get(sign) ?? sign;
}

/** The entry of the log that last had a record of each name. */
function lastRevisions({ summaries }: AppState): ReadonlyMap<string, number> {
	return new Map(summaries.flatMap(({ names }, index) => names.map((name) => [name, index + 1] as const)));
}

/** An entry of the log, and when the platform accepted it. */
const timeOf = ({ summaries }: AppState, revision: number | undefined) =>
	revision === undefined
		? { revision: null, atMs: null }
		: { revision, atMs: summaries[revision - 1]?.atMs ?? null };

/** The secrets of an app, sorted by name. Deleted ones are included. @throws as `App.readHistory` */
export async function secretList(app: App): Promise<SecretList> {
	// When each secret was last set is not in the checkpoint from which an app is opened.
	await app.readHistory();
	const { state } = app;
	const nameOf = memberNames(state);
	const revisions = lastRevisions(state);
	const members = [...(state.header?.environment.members.values() ?? [])];
	const ofVault = [...state.records.values()].map(({ author, kind, name, version }) => ({
		...{ name, kind, version, origin: "vault" as const, by: nameOf(author) },
		...timeOf(state, revisions.get(name)),
	}));
	const ofPlatform = [...state.local.values()].map(({ atMs, by, record: { kind, name, version } }) => ({
		...{ name, kind, version, origin: "base44" as const, revision: null, by, atMs },
	}));
	const environment = state.header?.environment;
	return {
		revision: state.head.revision,
		secrets: [...ofVault, ...ofPlatform].sort((one, other) => (one.name < other.name ? -1 : 1)),
		members: members.map(({ name, role, sign }) => ({ name, role, sign })),
		debt:
			environment === undefined
				? []
				: removalDebt({ section: { records: state.records }, state: environment }).map(
						({ epoch, member, names }) => ({
							...{ epoch, member, names: [...names].sort() },
						}),
					),
	};
}

/** The entries of an app's log between two revisions, oldest first. @param end the revision after the last one */
async function entriesIn(app: App, first: number, end: number): Promise<Entries> {
	const entries: Entries = [];
	for (let after = first - 1; after < end - 1; ) {
		// A page of the log may be shorter, because it has a limit of bytes.
		const page = await app.entries(after, end);
		if (page.length === 0) break;
		entries.push(...page);
		after = page.at(-1)?.revision ?? end;
	}
	return entries;
}

/** The revisions of a page, and whether there are earlier ones. @param name only entries with a record of this secret */
function pageOf({ head, summaries }: AppState, { before, name }: HistoryQuery) {
	const end = Math.min(before, head.revision + 1);
	const found: number[] = [];
	for (let revision = end - 1; revision > 0; revision--) {
		if (name !== undefined && !summaries[revision - 1]?.names.includes(name)) continue;
		if (found.length === PAGE) return { revisions: found.reverse(), more: true };
		found.push(revision);
	}
	return { revisions: found.reverse(), more: false };
}

/** Spans of revisions without a gap, so that the log is read in few requests. */
function spansOf(revisions: readonly number[]): { first: number; end: number }[] {
	const spans: { first: number; end: number }[] = [];
	for (const revision of revisions) {
		const last = spans.at(-1);
		if (last?.end === revision) last.end++;
		else spans.push({ first: revision, end: revision + 1 });
	}
	return spans;
}

/** A page of an app's history, the newest entry first. @throws as `App.readHistory` */
export async function historyPage(app: App, query: HistoryQuery): Promise<History> {
	const { state } = app;
	// Which entries have a secret, and the results of operations, are not in the checkpoint from which an app is opened.
	const isKnown =
		query.name === undefined && Math.min(query.before, state.head.revision + 1) - PAGE > state.historyFrom;
	if (!isKnown) await app.readHistory();
	const nameOf = memberNames(state);
	const { more, revisions } = pageOf(state, query);
	const spans = await Promise.all(spansOf(revisions).map(({ end, first }) => entriesIn(app, first, end)));
	const entries = spans.flat().map(({ change, receivedMs, revision }) => {
		const records = change.records.map(parseRecordText);
		const { results = [] } = state.operations.get(change.operation)?.redeployed ?? {};
		return {
			...{ revision, atMs: receivedMs ?? null, by: nameOf(change.author), members: change.header !== null },
			records: records
				.filter(({ name }) => query.name === undefined || name === query.name)
				.map(({ kind, name, version }) => ({ name, version, kind })),
			redeployed: results.map((result) => ({
				...{ function: result.function, status: result.status, ms: result.ms },
			})),
		};
	});
	return { entries: entries.reverse(), more };
}
