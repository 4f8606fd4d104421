/**
 * Who may do what on a platform: its access tokens, as a fold over the events of the `platform` stream.
 *
 * Only a token's hash is stored. Each event carries a code made with a key of the platform's identity, so
 * that whoever can write to the store, but does not have the identity, cannot make a token.
 */
import { equalBytes } from "../bytes.ts";
import { fromBase64 } from "../crypto.ts";
import { AppError, EXIT } from "../errors.ts";
import { BASE44_SCOPE, type Scope } from "../protocol/routes.ts";
import { isBase44Token, parseToken } from "../protocol/token.ts";
import type { Store, StreamEntry } from "./store/store.ts";
import { decodeTokenEvent, encodeTokenEvent, type NewTokenEvent, PLATFORM_STREAM } from "./token-events.ts";
import {
	contended,
	expiredAlready,
	type Grant,
	type GrantedScope,
	isCurrent,
	otherApp,
	TOKENS_MAX,
	tooMany,
} from "./token-grant.ts";
import { createToken, hashOf } from "./token-text.ts";

/** Each lost race is somebody else's success, so that reaching this means something is wrong. */
const APPEND_ATTEMPTS_MAX = 100;

/** A token as it may be shown: everything but the token itself. */
export interface TokenInfo {
	readonly id: string;
	/** Sorted. */
	readonly scopes: readonly GrantedScope[];
	/** The one app that it is for; undefined: all. */
	readonly app: string | undefined;
	/** Milliseconds since 1970; undefined: never. */
	readonly expiresAtMs: number | undefined;
	readonly createdAtMs: number;
}

/** Who sent a request. */
export type Principal = Pick<TokenInfo, "id" | "scopes" | "app">;

interface Known extends TokenInfo {
	readonly hash: Uint8Array;
	/** Whom to tell when it is revoked. */
	readonly watchers: Set<() => void>;
}

export interface TokenRegistryOptions {
	store: Store;
	/** The platform identity's fingerprint, 22 characters of base64. */
	fingerprint: string;
	/** The platform identity's key for what it keeps, 32 bytes. */
	stateKey: Uint8Array;
}

export class TokenRegistry {
	readonly #store: Store;
	readonly #fingerprint: string;
	readonly #key: Uint8Array;
	readonly #tokens = new Map<string, Known>();
	#revision = 0;

	private constructor({ store, fingerprint, stateKey }: TokenRegistryOptions) {
		this.#store = store;
		this.#fingerprint = fingerprint;
		this.#key = stateKey;
	}

	/**
	 * Reads the tokens that there are.
	 * @throws AppError `TOKEN_EVENT_FORGED` (exit 7)
	 */
	static async open(options: TokenRegistryOptions): Promise<TokenRegistry> {
		const registry = new TokenRegistry(options);
		await registry.#catchUp();
		return registry;
	}

	/**
	 * Takes in what other nodes create and revoke, until the signal aborts.
	 * @throws AppError `TOKEN_EVENT_FORGED` (exit 7)
	 */
	async follow(signal: AbortSignal): Promise<void> {
		for await (const entry of this.#store.watch(PLATFORM_STREAM, this.#revision, signal)) this.#apply(entry);
	}

	/**
	 * Makes a token.
	 * @returns the token, which nobody can tell again
	 * @throws AppError `TOKEN_EXPIRED_ALREADY` (exit 2), `TOKENS_TOO_MANY` (exit 5)
	 */
	async create(grant: Grant, nowMs: number): Promise<{ token: string; id: string }> {
		const { expiresAtMs = null } = grant;
		if (expiresAtMs !== null && expiresAtMs <= nowMs) throw expiredAlready();
		const isForBase44 = grant.scopes.includes(BASE44_SCOPE);
		const { token, id, hash } = createToken({ fingerprint: this.#fingerprint }, isForBase44);
		await this.#append(() => {
			if (this.#tokens.size >= TOKENS_MAX) throw tooMany();
			const scopes = [...new Set(grant.scopes)].sort();
			const app = grant.app ?? null;
			return { type: "token-created", id, hash, scopes, app, expiresAtMs, createdAtMs: nowMs };
		});
		return { token, id };
	}

	/**
	 * Makes a token worthless, at once.
	 * @throws AppError `TOKEN_NOT_FOUND` (exit 4)
	 */
	async revoke(id: string, nowMs: number): Promise<void> {
		await this.#append(() => {
			if (this.#tokens.has(id)) return { type: "token-revoked", id, revokedAtMs: nowMs };
			throw new AppError({
				code: "TOKEN_NOT_FOUND",
				message: "There is no access token with this id.",
				hint: "List the tokens to see their ids.",
				exit: EXIT.notFound,
			});
		});
	}

	/** Revokes every token that is bound to an app: a later app of the same name is another one. */
	async revokeBoundTo(app: string, nowMs: number): Promise<void> {
		await this.#catchUp();
		for (const token of this.list()) if (token.app === app) await this.revoke(token.id, nowMs);
	}

	/** The tokens that are not revoked, expired ones too, oldest first. */
	list(): TokenInfo[] {
		return [...this.#tokens.keys()].flatMap((id) => this.find(id) ?? []);
	}

	/** A token by its id; undefined where there is none, or none any more. */
	find(id: string): TokenInfo | undefined {
		const known = this.#tokens.get(id);
		if (known === undefined) return undefined;
		const { scopes, app, expiresAtMs, createdAtMs } = known;
		return { id, scopes, app, expiresAtMs, createdAtMs };
	}

	/** Whether somebody is left who may make tokens. */
	hasAdministrator(nowMs: number): boolean {
		return this.list().some(
			({ app, scopes, expiresAtMs }) =>
				app === undefined && scopes.includes("admin") && isCurrent(expiresAtMs, nowMs),
		);
	}

	/** Whether a token that was valid still is. */
	isValid({ id }: Principal, nowMs: number): boolean {
		const known = this.#tokens.get(id);
		return known !== undefined && isCurrent(known.expiresAtMs, nowMs);
	}

	/**
	 * Tells when a token is revoked: at once, where it is already.
	 * @returns takes that back
	 */
	onRevoked({ id }: Principal, tell: () => void): () => void {
		const known = this.#tokens.get(id);
		if (known === undefined) tell();
		known?.watchers.add(tell);
		return () => known?.watchers.delete(tell);
	}

	/**
	 * Makes a token for the Base44 CLI that of the app that it is used with, the first time for good.
	 * @throws AppError `TOKEN_SCOPE` (exit 3) where it is another app's already
	 */
	async bind({ id }: Principal, app: string, nowMs: number): Promise<void> {
		if (this.#tokens.get(id)?.app === app) return;
		await this.#append(() => {
			const known = this.#tokens.get(id);
			if (known?.app === app) return undefined;
			if (known === undefined || known.app !== undefined) throw otherApp();
			return { type: "token-bound", id, app, boundAtMs: nowMs };
		});
	}

	/** Whose token it is; undefined for one that is malformed, another platform's, unknown, revoked or expired. */
	authenticate(token: string, nowMs: number): Principal | undefined {
		if (!isBase44Token(token) && parseToken(token)?.fingerprint !== this.#fingerprint) return undefined;
		const presented = hashOf(token);
		let found: Known | undefined;
		// All of them, each in constant time: how long it takes says nothing about how near a guess is.
		for (const known of this.#tokens.values()) if (equalBytes(known.hash, presented)) found = known;
		if (found === undefined || !isCurrent(found.expiresAtMs, nowMs)) return undefined;
		return { id: found.id, scopes: found.scopes, app: found.app };
	}

	/**
	 * Whether a principal may do what asks for a scope.
	 * @param app the app that it is about; undefined for what is about the whole platform, which no token that is
	 *   bound to an app may do
	 */
	authorise(principal: Principal, scope: Scope, app: string | undefined): boolean {
		if (principal.app !== undefined && principal.app !== app) return false;
		return principal.scopes.includes(scope) || principal.scopes.includes("admin");
	}

	/** @param make the event, given everything that was appended before it, or none; throws where it may not be */
	async #append(make: () => NewTokenEvent | undefined): Promise<void> {
		for (let attempt = 0; attempt < APPEND_ATTEMPTS_MAX; attempt++) {
			await this.#catchUp();
			const event = make();
			if (event === undefined) return;
			const body = encodeTokenEvent(event, this.#key);
			const result = await this.#store.append(PLATFORM_STREAM, this.#revision, body);
			if (result.appended) return await this.#catchUp();
		}
		throw contended(APPEND_ATTEMPTS_MAX);
	}

	async #catchUp(): Promise<void> {
		for (const entry of await this.#store.read(PLATFORM_STREAM, this.#revision)) this.#apply(entry);
	}

	#apply(entry: StreamEntry): void {
		// The watch and our own reading bring the same entries.
		if (entry.revision <= this.#revision) return;
		const event = decodeTokenEvent(entry, this.#key);
		this.#revision = entry.revision;
		if (event?.type === "token-revoked") this.#forget(event.id);
		if (event?.type === "token-bound") this.#bound(event);
		if (event?.type !== "token-created") return;
		const { id, scopes, app, expiresAtMs, createdAtMs } = event;
		this.#tokens.set(id, {
			id,
			scopes,
			app: app ?? undefined,
			expiresAtMs: expiresAtMs ?? undefined,
			createdAtMs,
			hash: fromBase64(event.hash) as Uint8Array,
			watchers: new Set(),
		});
	}

	#bound({ id, app }: { id: string; app: string }): void {
		const known = this.#tokens.get(id);
		if (known !== undefined) this.#tokens.set(id, { ...known, app });
	}

	#forget(id: string): void {
		const known = this.#tokens.get(id);
		this.#tokens.delete(id);
		for (const tell of [...(known?.watchers ?? [])]) tell();
	}
}
