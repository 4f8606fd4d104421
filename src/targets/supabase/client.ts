/** Supabase as a target: the secrets of a project's Edge Functions, in three calls of the Management API. */
import { EXIT } from "../../errors.ts";
import type { TargetId } from "../../project/memory/target-memory.ts";
import { type ApiAccess, type ApiProfile, type ApiRequest, TargetApi } from "../api/client.ts";
import type { Fault } from "../api/faults.ts";
import type { SecretTarget, TargetCall, TargetWork } from "../target.ts";
import { isReserved } from "./limits.ts";

const FAULTS: ReadonlyMap<number, Fault> = new Map([
	[
		401,
		{
			code: "TOKEN_REFUSED",
			exit: EXIT.unauthorised,
			says: "does not accept the access token",
			hint: "Create a token at supabase.com/dashboard/account/tokens, and give it: coffer link supabase --project REF (or SUPABASE_ACCESS_TOKEN).",
		},
	],
	[
		403,
		{
			code: "TOKEN_REFUSED",
			exit: EXIT.unauthorised,
			says: "does not allow this access token to use the project's secrets",
			hint: "Use a token of a member of the project's organization who may change secrets of Edge Functions.",
		},
	],
	[
		404,
		{
			code: "PROJECT_NOT_FOUND",
			exit: EXIT.notFound,
			says: "has no such project",
			hint: "Check the reference id ('supabase projects list' shows it), and that the token's owner is a member.",
		},
	],
]);

const PROFILE: ApiProfile = {
	title: "Supabase",
	prefix: "SUPABASE",
	noun: "project",
	redirectHint: "Link the address that it is served at: coffer link supabase --url URL.",
	headers: (token) => ({ authorization: `Bearer ${token}` }),
	explain: ({ status }) => FAULTS.get(status),
};

function secretsUrl({ origin, app }: TargetId): string {
	return new URL(`/v1/projects/${encodeURIComponent(app)}/secrets`, origin).href;
}

/** The requests that a task makes, to show them. */
export function supabaseCalls(id: TargetId, { list, set, deleted }: TargetWork): TargetCall[] {
	const url = secretsUrl(id);
	return [
		...(list ? [{ method: "GET", url, names: [] }] : []),
		...set.map((names) => ({ method: "POST", url, names })),
		...deleted.map((names) => ({ method: "DELETE", url, names })),
	];
}

function isNamed(value: unknown): value is { name: string } {
	return typeof value === "object" && value !== null && "name" in value && typeof value.name === "string";
}

export class Supabase implements SecretTarget {
	readonly #api: TargetApi;

	/** @param access the credential is an access token, checked by `SUPABASE.credential.parse` */
	constructor(access: ApiAccess) {
		this.#api = new TargetApi(PROFILE, access);
	}

	get id(): TargetId {
		return this.#api.id;
	}

	async list(): Promise<string[]> {
		const { body } = await this.#api.send({ method: "GET", url: secretsUrl(this.id) });
		if (!Array.isArray(body) || !body.every(isNamed)) throw this.#api.invalid();
		// Supabase sets the names that it reserves, and lists them too.
		return body.map(({ name }) => name).filter((name) => !isReserved(name));
	}

	async set(values: ReadonlyMap<string, string>): Promise<void> {
		const json = [...values].map(([name, value]) => ({ name, value }));
		await this.#change({ method: "POST", url: secretsUrl(this.id), json, secrets: values.values() }, 201);
	}

	async delete(names: readonly string[]): Promise<void> {
		await this.#change({ method: "DELETE", url: secretsUrl(this.id), json: names }, 200);
	}

	/** Sends a change. Supabase acknowledges it with one status, and no body or a JSON value. */
	async #change(request: ApiRequest, expected: number): Promise<void> {
		const { body, status, text } = await this.#api.send(request);
		if (status !== expected || (text !== "" && body === undefined)) throw this.#api.invalid();
	}
}
