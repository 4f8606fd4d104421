/**
 * Decides whether a change may be appended to an app's log. Pure: it takes the state and the change and
 * returns the decision.
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
import { checkContinues, type VerifiedHeader, verifyHeader } from "./environment-header.ts";
import type { AppState } from "./state/app-state.ts";

/** The part of the platform's identity with which it reads an environment as a member. */
export interface MemberIdentity {
	readonly publicKeys: { readonly sign: string };
	readonly box: KeyPair;
}

/** The entry to append, with the parts that have been verified. */
export interface Accepted {
	readonly entry: LogEntry;
	readonly header: VerifiedHeader | undefined;
	readonly records: readonly SealedRecord[];
}

export type Acceptance =
	| Accepted
	/** The change has been appended before, at this head. */
	| { readonly duplicate: Head }
	/**
	 * Another change touched the same names, or the header, after this revision. The author must merge the
	 * later entries and send again.
	 */
	| { readonly stale: number };

/**
 * Decides about a change.
 * @param change has been decoded by `changeSchema`. Nothing else about it is trusted.
 * @throws AppError if the change can never be appended: exit 7 if it is not authentic or belongs to
 * another history, 3 if its author may not write, 2 if its content is not allowed
 */
export function acceptChange(state: AppState, change: Change, platform: MemberIdentity): Acceptance {
	const operation = state.operations.get(change.operation);
	if (operation !== undefined) return { duplicate: operation.head };
	if (!isAuthenticChange(state.context, change)) {
		throw refused(
			"CHANGE_FORGED",
			"The change does not match its author's signature, or it was signed for another app.",
		);
	}
	checkBase(state, change.base);
	if (isStale(state, change)) return { stale: change.base.revision };
	const header = acceptHeader(state, change, platform);
	const environment = (header ?? state.header)?.environment;
	if (environment === undefined) throw headerRequired(state.context.app);
	checkAuthor(environment, change.author);
	const records = acceptRecords(state, environment, change);
	if (records.length === 0 && change.header === null) {
		throw invalid("CHANGE_EMPTY", "The change contains neither records nor a header.");
	}
	return { entry: { ...nextHead(state.head, change), change }, header, records };
}

function checkBase(state: AppState, base: Head): void {
	if (state.heads[base.revision] === base.head) return;
	throw refused(
		"LOG_FORKED",
		`The change builds on a revision ${base.revision} of ${state.context.app} that has another hash than in this log.`,
		"Either the platform's log was cut or replaced, or the change is meant for another platform. Ask the operator of the platform.",
	);
}

/**
 * The names of a change's records. They are needed before the records are verified, so only the first line of
 * each is read.
 */
function namesOf(change: Change): Set<string> {
	return new Set(change.records.map((record) => record.split("\n", 1)[0] ?? ""));
}

function isStale(state: AppState, change: Change): boolean {
	const since = state.summaries.slice(change.base.revision);
	if (since.length === 0) return false;
	if (change.header !== null || since.some((touched) => touched.header)) return true;
	const names = namesOf(change);
	return since.some((touched) => touched.names.some((name) => names.has(name)));
}

function headerRequired(app: string): AppError {
	return invalid(
		"HEADER_REQUIRED",
		`The first change of ${app} must contain the environment's membership (its header).`,
		"Link the environment with `coffer link`.",
	);
}

function acceptHeader(state: AppState, change: Change, platform: MemberIdentity): VerifiedHeader | undefined {
	if (change.header === null) return undefined;
	if (state.header !== undefined) checkContinues(change.header, state.header.text);
	const header = verifyHeader(state.context, change.header);
	if (!header.environment.members.has(platform.publicKeys.sign)) {
		throw new AppError({
			code: "PLATFORM_NOT_A_MEMBER",
			message: `This platform is not a member of environment '${state.context.environment}', so it cannot open its secrets.`,
			hint: "Enrol it with `coffer link`. To stop using the platform, delete the app: `coffer apps delete APP`.",
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
		message: `The author of the change is not a writer of environment '${environment.name}'.`,
		hint: "Ask a writer of the environment to send the change, or to add you as a writer.",
		exit: EXIT.unauthorised,
	});
}

function acceptRecords(state: AppState, environment: EnvironmentState, change: Change): SealedRecord[] {
	const records = change.records.map(parseRecordText);
	const names = new Set<string>();
	for (const record of records) {
		if (names.has(record.name)) throw invalid("RECORD_TWICE", `The change contains ${record.name} twice.`);
		names.add(record.name);
		if (record.kind === "live") checkSecretName(record.name);
		checkVersion(state.records.get(record.name), record);
		verifyRecord(environment, record);
	}
	// Counted from the change, not from all secrets, of which there may be thousands.
	const total = state.records.size + [...names].filter((name) => !state.records.has(name)).length;
	if (total > LIMITS.recordsPerEnvironment) {
		throw invalid(
			"TOO_MANY_SECRETS",
			`The environment would have ${total} secrets (including deleted ones); the limit is ${LIMITS.recordsPerEnvironment}.`,
			"Split the secrets over several environments.",
		);
	}
	return records;
}

function checkVersion(stored: SealedRecord | undefined, record: SealedRecord): void {
	if (stored === undefined || isNewer(record, stored)) return;
	throw new AppError({
		code: "RECORD_OUTDATED",
		message: `The change contains version ${record.version} of ${record.name}, but the platform has version ${stored.version}.`,
		hint: "Run `coffer sync` to get the platform's changes.",
		exit: EXIT.conflict,
	});
}

function refused(
	code: string,
	message: string,
	hint = "Nothing was stored. Check that the vault belongs to this app.",
): AppError {
	return new AppError({ code, message, hint, exit: EXIT.integrity });
}

function invalid(code: string, message: string, hint = "See docs/protocol.md."): AppError {
	return new AppError({ code, message, hint, exit: EXIT.usage });
}
