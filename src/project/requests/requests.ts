/** Requests for secrets that an environment lacks: asks, lists, declines and removes them. Needs no identity to ask. */
import { cryptoReady } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import type { Identity } from "../../identity/identity.ts";
import type { EnvironmentState } from "../../vault/chains/membership.ts";
import { verifyChains } from "../../vault/document/document.ts";
import { type JudgedRequest, judgeRequests, makeEntry, signerOf } from "../../vault/requests/answers.ts";
import type { RequestEntry } from "../../vault/requests/entry.ts";
import { loadVault } from "../files/vault-file.ts";
import { requestsFolder } from "./folder.ts";

export interface Survey {
	/** Sorted by environment, then by name and time. */
	readonly requests: readonly JudgedRequest[];
	/** Every answer that declines, valid or not. */
	readonly answers: readonly RequestEntry[];
	/** The number of files that are no valid entries. */
	readonly unread: number;
}

/**
 * Reads the requests of a project. Those for an environment that the vault does not have are left out.
 * @param environment undefined for every environment
 * @throws AppError exit 4 if there is no vault or no such environment; exit 5 for a vault in conflict; exit 7 if the
 *   vault is invalid; `REQUESTS_FOLDER_INVALID`, `FILE_UNREADABLE` (exit 1)
 */
export async function surveyRequests(root: string, environment?: string): Promise<Survey> {
	const { document } = await loadVault(root);
	await cryptoReady;
	const { entries, unread } = await requestsFolder(root).read();
	const names = environment === undefined ? [...document.environments.keys()] : [environment];
	const requests = names.flatMap((name) => judgeRequests(verifyChains(document, name), entries));
	const answers = entries.filter((entry) => entry.kind === "decline" && names.includes(entry.environment));
	return { requests, answers, unread };
}

/** The open requests of an environment. @throws AppError as `surveyRequests` */
export async function openRequests(root: string, environment: string): Promise<JudgedRequest[]> {
	const { requests } = await surveyRequests(root, environment);
	return requests.filter(({ state }) => state === "open");
}

/** The keys with which an entry is signed. */
type Signing = Pick<Identity, "signing" | "publicKeys">;

export interface Question {
	readonly name: string;
	readonly environment: string;
	/** As `isReason` accepts it. */
	readonly reason: string;
	/** The name of an asker without an identity. */
	readonly by: string;
	readonly identity: Signing | undefined;
}

export interface Asked {
	readonly entry: RequestEntry;
	/** The member who asks; undefined without the identity of a member. */
	readonly member: string | undefined;
	/** The path of the new file; undefined if the same asker's request is open already. */
	readonly file: string | undefined;
}

function secretExists({ environment, name }: Question): AppError {
	return new AppError({
		code: "SECRET_EXISTS",
		message: `Environment '${environment}' has ${name} already.`,
		hint: "To use it without seeing it: coffer run -- COMMAND. If its value is wrong, tell a person.",
		exit: EXIT.conflict,
	});
}

/** Whether both entries come from the same key, or without one from the same name. */
function isSameAsker(a: RequestEntry, b: RequestEntry): boolean {
	return a.signed?.key === b.signed?.key && (a.signed !== undefined || a.by === b.by);
}

function memberOf(state: EnvironmentState, identity: Signing | undefined): string | undefined {
	return identity && state.members.get(identity.publicKeys.sign)?.name;
}

/**
 * Asks for a secret. A declined request of the same asker is replaced.
 * @throws AppError `SECRET_EXISTS` (exit 5) for a name that the environment has; `REQUESTS_TOO_MANY` (exit 2);
 *   `FILE_UNWRITABLE` (exit 1); what `surveyRequests` throws
 */
export async function askFor(root: string, question: Question): Promise<Asked> {
	const { environment, identity, name, reason } = question;
	const { answers, requests } = await surveyRequests(root, environment);
	const { document } = await loadVault(root);
	const { section, state } = verifyChains(document, environment);
	const record = section.records.get(name);
	if (record?.kind === "live") throw secretExists(question);
	const member = memberOf(state, identity);
	const entry = makeEntry(
		document.vaultId,
		{
			...{ kind: "request", name, environment, reason, answers: "" },
			...{ seen: record?.version ?? 0, at: new Date().toISOString(), by: member ?? question.by },
		},
		identity?.signing,
	);
	const own = requests.filter((one) => one.entry.name === name && isSameAsker(one.entry, entry));
	const open = own.find((one) => one.state === "open");
	if (open) return { entry: open.entry, member: signerOf(state, open.entry)?.name, file: undefined };
	await requestsFolder(root).remove(withAnswers(own, answers));
	return { entry, member, file: await requestsFolder(root).write(entry) };
}

/** The entries of requests, and the answers to them. */
function withAnswers(requests: readonly JudgedRequest[], answers: readonly RequestEntry[]): RequestEntry[] {
	const ids = new Set(requests.map(({ entry }) => entry.id));
	return [...requests.map(({ entry }) => entry), ...answers.filter((answer) => ids.has(answer.answers))];
}

/**
 * Declines the open requests for a name.
 * @param by the writer who declines
 * @returns the requests that were open
 * @throws AppError `REQUEST_NOT_FOUND` (exit 4); `REQUESTS_TOO_MANY` (exit 2); `FILE_UNWRITABLE` (exit 1)
 */
export async function declineRequests(
	root: string,
	{ environment, name, reason }: Omit<Question, "by" | "identity">,
	by: { readonly identity: Signing; readonly name: string; readonly vaultId: string },
): Promise<JudgedRequest[]> {
	const declined = await requireOpen(root, environment, name);
	const at = new Date().toISOString();
	for (const { entry } of declined) {
		const answer = { kind: "decline", name, environment, reason, seen: 0, answers: entry.id } as const;
		await requestsFolder(root).write(
			makeEntry(by.vaultId, { ...answer, at, by: by.name }, by.identity.signing),
		);
	}
	return declined;
}

/** The open requests for a name. @throws AppError `REQUEST_NOT_FOUND` (exit 4) if there is none */
export async function requireOpen(root: string, environment: string, name: string): Promise<JudgedRequest[]> {
	const found = (await openRequests(root, environment)).filter(({ entry }) => entry.name === name);
	if (found.length > 0) return found;
	throw new AppError({
		code: "REQUEST_NOT_FOUND",
		message: `Environment '${environment}' has no open request for that name.`,
		hint: "To list the requests: coffer requests. To set a secret without a request: coffer secrets set NAME.",
		exit: EXIT.notFound,
	});
}

/**
 * Removes the files of requests whose names have a value, and of answers to requests that are gone.
 * @returns the names of the filled requests, each once
 * @throws AppError as `surveyRequests`; `FILE_UNWRITABLE` (exit 1)
 */
export async function removeFilled(root: string, environment: string): Promise<string[]> {
	const { answers, requests } = await surveyRequests(root, environment);
	const filled = requests.filter(({ state }) => state === "filled");
	const ids = new Set(requests.map(({ entry }) => entry.id));
	const orphans = answers.filter((answer) => !ids.has(answer.answers));
	const files = [...withAnswers(filled, answers), ...orphans];
	await requestsFolder(root).remove(files);
	return [...new Set(filled.map(({ entry }) => entry.name))];
}
