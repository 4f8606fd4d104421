/** What the platform knows about the secrets of an app: names, versions, authors and times. Never a value. */
import type { History, SecretList } from "../../../protocol/console.ts";
import { removalDebt } from "../../../vault/document/removal-debt.ts";
import { parseRecordText } from "../../../vault/records/record.ts";
import type { App } from "../../apps/app.ts";
import type { AppState } from "../../apps/app-state.ts";

/** Entries of a page of the history. */
const PAGE = 50;

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

/** The secrets of an app, sorted by name. Deleted ones are included. */
export function secretList({ state }: App): SecretList {
	const nameOf = memberNames(state);
	const revisions = lastRevisions(state);
	const members = [...(state.header?.environment.members.values() ?? [])];
	const ofVault = [...state.records.values()].map(({ author, kind, name, version }) => ({
		...{ name, kind, version, origin: "vault" as const },
		...{ revision: revisions.get(name) ?? null, by: nameOf(author), atMs: null },
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

/**
 * A page of an app's history, the newest entry first.
 * @param before the revision of the first entry to leave out
 */
export async function historyPage(app: App, before: number): Promise<History> {
	const { state } = app;
	const nameOf = memberNames(state);
	const end = Math.min(before, state.head.revision + 1);
	const first = Math.max(1, end - PAGE);
	const entries: History["entries"] = [];
	for (let after = first - 1; after < end - 1; ) {
		// A page of the log may be shorter, because it has a limit of bytes.
		const page = await app.entries(after, end);
		if (page.length === 0) break;
		for (const { change, receivedMs, revision } of page) {
			const records = change.records.map(parseRecordText);
			entries.push({
				...{ revision, atMs: receivedMs ?? null, by: nameOf(change.author), members: change.header !== null },
				records: records.map(({ kind, name, version }) => ({ name, version, kind })),
				redeployed: (state.operations.get(change.operation)?.redeployed?.results ?? []).map((result) => ({
					...{ function: result.function, status: result.status, ms: result.ms },
				})),
			});
			after = revision;
		}
	}
	return { entries: entries.reverse(), more: first > 1 };
}
