/**
 * Whether a change may be appended to an app's log. PURE: the state and the change in, the decision out.
 */
import type { KeyPair } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { type Change, type Head, isAuthenticChange, type LogEntry, nextHead } from "../../protocol/change.ts";
import { openKeys } from "../../vault/chains/environment-keys.ts";
import type { EnvironmentState } from "../../vault/chains/membership.ts";
import { isNewer, parseRecordText, type SealedRecord } from "../../vault/records/record.ts";
import { verifyRecord } from "../../vault/records/seal.ts";
import { checkSecretName } from "../../vault/syntax/secret-name.ts";
import { LIMITS } from "../../vault/syntax/syntax.ts";
import type { AppState } from "./app-state.ts";
import { checkContinues, type VerifiedHeader, verifyHeader } from "./environment-header.ts";

/** What the platform needs of its identity to look into an environment. */
export interface Opener {
	readonly publicKeys: { readonly sign: string };
	readonly box: KeyPair;
}

/** The entry to append, with what was verified on the way. */
export interface Accepted {
	readonly entry: LogEntry;
	readonly header: VerifiedHeader | undefined;
	readonly records: readonly SealedRecord[];
}

export type Acceptance =
	| Accepted
	/** Appended before, at this head. */
	| { readonly duplicate: Head }
	/** Others changed the same names or the header after this revision: merge what came since, and try again. */
	| { readonly stale: number };

/**
 * Decides about a change.
 * @param change decoded by `changeSchema`; nothing else about it is believed
 * @throws AppError where the change can never be appended: exit 7 where it is not authentic, forged or of
 *   another history, 3 where its author may not write, 2 where what it holds is not allowed
 */
export function acceptChange(state: AppState, change: Change, platform: Opener): Acceptance {
	const operation = state.operations.get(change.operation);
	if (operation !== undefined) return { duplicate: operation.head };
	if (!isAuthenticChange(state.context, change)) {
		throw refused(
			"CHANGE_FORGED",
			"The change is not what its author signed, or was signed for another app.",
		);
	}
	checkBase(state, change.base);
	if (isStale(state, change)) return { stale: change.base.revision };
	const header = acceptHeader(state, change, platform);
	const environment = (header ?? state.header)?.environment;
	if (environment === undefined) throw headerMissing(state.context.app);
	checkAuthor(environment, change.author);
	const records = acceptRecords(state, environment, change);
	if (records.length === 0 && change.header === null) {
		throw invalid("CHANGE_EMPTY", "The change holds neither records nor a header.");
	}
	return { entry: { ...nextHead(state.head, change), change }, header, records };
}

function checkBase(state: AppState, base: Head): void {
	if (state.heads[base.revision] === base.head) return;
	throw refused(
		"LOG_FORKED",
		`The change builds on revision ${base.revision} of another history of ${state.context.app}: this log never had that head.`,
		"Either the platform's log was cut or replaced, or the change was meant for another platform. Ask who runs it.",
	);
}

/** The records' names, as far as they can be told before anything is verified. */
function namesOf(change: Change): Set<string> {
	return new Set(change.records.map((record) => record.split("\n", 1)[0] ?? ""));
}

function isStale(state: AppState, change: Change): boolean {
	const since = state.touched.slice(change.base.revision);
	if (since.length === 0) return false;
	if (change.header !== null || since.some((touched) => touched.header)) return true;
	const names = namesOf(change);
	return since.some((touched) => touched.names.some((name) => names.has(name)));
}

function headerMissing(app: string): AppError {
	return invalid(
		"HEADER_REQUIRED",
		`The first change of ${app} must bring the environment's membership (its header).`,
		"Link the environment with `coffer link`.",
	);
}

function acceptHeader(state: AppState, change: Change, platform: Opener): VerifiedHeader | undefined {
	if (change.header === null) return undefined;
	if (state.header !== undefined) checkContinues(change.header, state.header.text);
	const header = verifyHeader(state.context, change.header);
	if (!header.environment.members.has(platform.publicKeys.sign)) {
		throw new AppError({
			code: "PLATFORM_NOT_A_MEMBER",
			message: `This platform is not a member of environment '${state.context.environment}', so it could open nothing of it.`,
			hint: "Enrol it with `coffer link`; to leave it for good, delete the app: `coffer apps delete APP`.",
			exit: EXIT.unauthorised,
		});
	}
	openKeys(header.environment, platform);
	return header;
}

function checkAuthor(environment: EnvironmentState, author: string): void {
	if (environment.members.get(author)?.role === "writer") return;
	throw new AppError({
		code: "AUTHOR_NOT_A_WRITER",
		message: `The author of the change is no writer of environment '${environment.name}'.`,
		hint: "Ask a writer of the environment to send it, or to add you as a writer.",
		exit: EXIT.unauthorised,
	});
}

function acceptRecords(state: AppState, environment: EnvironmentState, change: Change): SealedRecord[] {
	const records = change.records.map(parseRecordText);
	const names = new Set<string>();
	for (const record of records) {
		if (names.has(record.name)) throw invalid("RECORD_TWICE", `The change holds ${record.name} twice.`);
		names.add(record.name);
		if (record.kind === "live") checkSecretName(record.name);
		checkVersion(state.records.get(record.name), record);
		verifyRecord(environment, record);
	}
	for (const name of state.records.keys()) names.add(name);
	if (names.size > LIMITS.recordsPerEnvironment) {
		throw invalid(
			"TOO_MANY_SECRETS",
			`The environment would hold ${names.size} secrets (deleted ones counted); the limit is ${LIMITS.recordsPerEnvironment}.`,
			"Split the secrets over several environments.",
		);
	}
	return records;
}

function checkVersion(stored: SealedRecord | undefined, record: SealedRecord): void {
	if (stored === undefined || isNewer(record, stored)) return;
	throw new AppError({
		code: "RECORD_OUTDATED",
		message: `The change holds version ${record.version} of ${record.name}; the platform has version ${stored.version}.`,
		hint: "Run `coffer sync` to take in what the platform has.",
		exit: EXIT.conflict,
	});
}

function refused(
	code: string,
	message: string,
	hint = "Nothing was stored. Check whose vault this is.",
): AppError {
	return new AppError({ code, message, hint, exit: EXIT.integrity });
}

function invalid(code: string, message: string, hint = "See docs/protocol.md."): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}
