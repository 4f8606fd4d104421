/** Signs requests and answers, and decides which requests are open. Pure. */
import { lengthPrefixed } from "../../bytes.ts";
import { fromBase64, type KeyPair, randomBytes, sign, toBase64, verify } from "../../crypto.ts";
import type { EnvironmentState, Role } from "../chains/membership.ts";
import type { EnvironmentSection } from "../document/document.ts";
import { compareNames } from "../syntax/syntax.ts";
import type { RequestEntry } from "./entry.ts";

/** What a new entry says. */
export type NewEntry = Omit<RequestEntry, "id" | "signed">;

function signedContent(vaultId: string, entry: NewEntry & { readonly id: string }): Uint8Array {
	const { answers, at, by, environment, id, kind, name, reason, seen } = entry;
	const domain = `coffer/${kind}/1`;
	return lengthPrefixed(domain, vaultId, id, name, environment, seen, answers, at, by, reason);
}

/**
 * Makes an entry with a random id.
 * @param signing the writer's keys; undefined for a writer without an identity
 */
export function makeEntry(vaultId: string, content: NewEntry, signing: KeyPair | undefined): RequestEntry {
	const unsigned = { ...content, id: Buffer.from(randomBytes(8)).toString("hex"), signed: undefined };
	if (!signing) return unsigned;
	const signature = toBase64(sign(signedContent(vaultId, unsigned), signing.privateKey));
	return { ...unsigned, signed: { key: toBase64(signing.publicKey), signature } };
}

/** The present member who signed an entry. */
export interface Signer {
	readonly name: string;
	readonly role: Role;
}

/** The member of the environment who signed an entry; undefined if none did. Undefined for an invalid signature too. */
export function signerOf(state: EnvironmentState, entry: RequestEntry): Signer | undefined {
	const { signed } = entry;
	const member = signed && state.members.get(signed.key);
	const [key, signature] = [fromBase64(signed?.key ?? ""), fromBase64(signed?.signature ?? "")];
	if (!member || !key || !signature) return undefined;
	return verify(signature, signedContent(state.vaultId, entry), key) ? member : undefined;
}

/** `open`: nobody has answered. `filled`: the name got a value. `declined`: a writer declined. */
export type RequestState = "open" | "filled" | "declined";

export interface JudgedRequest {
	readonly entry: RequestEntry;
	readonly state: RequestState;
	/** The member who asked, if the signature shows it. */
	readonly asker: Signer | undefined;
	/** The answer that declines it, and the writer who signed that. */
	readonly decline: { readonly entry: RequestEntry; readonly by: string } | undefined;
}

/**
 * Judges the requests of one environment. A request is filled if its name has a live record, or one of a later version
 * than when it was asked for: so it stays filled if the secret is deleted later. Only a writer can decline.
 * @returns the requests, sorted by name, then by time
 */
export function judgeRequests(
	{
		section,
		state,
	}: { readonly section: Pick<EnvironmentSection, "name" | "records">; readonly state: EnvironmentState },
	entries: readonly RequestEntry[],
): JudgedRequest[] {
	const own = entries.filter(({ environment }) => environment === section.name);
	const declines = own.filter(({ kind }) => kind === "decline");
	const judged = own
		.filter(({ kind }) => kind === "request")
		.map((entry): JudgedRequest => {
			const record = section.records.get(entry.name);
			const isFilled = record !== undefined && (record.kind === "live" || record.version > entry.seen);
			const decline = declines
				.filter(({ answers, name }) => answers === entry.id && name === entry.name)
				.flatMap((answer) => {
					const signer = signerOf(state, answer);
					return signer?.role === "writer" ? [{ entry: answer, by: signer.name }] : [];
				})[0];
			const answered = decline ? "declined" : "open";
			return { entry, decline, state: isFilled ? "filled" : answered, asker: signerOf(state, entry) };
		});
	return judged.sort(
		({ entry: a }, { entry: b }) =>
			compareNames(a.name, b.name) || compareNames(a.at, b.at) || compareNames(a.id, b.id),
	);
}
