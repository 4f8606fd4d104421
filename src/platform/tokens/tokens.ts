/**
 * Access tokens of a platform: a fold over the stream `platform`.
 *
 * Only the hash of a token is stored. A token for an app belongs to that app's lifetime. The event that
 * deletes the app also revokes the token, so that the token is never valid for a later app of the same name,
 * even if the process dies in between. A token that is created before its app exists is valid for the first
 * app of that name.
 */
import * as z from "zod";
import { equalBytes } from "../../bytes.ts";
import { fromBase64 } from "../../crypto.ts";
import { AppError, EXIT } from "../../errors.ts";
import { BASE44_SCOPE, type Scope } from "../../protocol/routes.ts";
import { isBase44Token, parseToken } from "../../protocol/token.ts";
import { EventStream } from "../events/event-stream.ts";
import { PLATFORM_STREAM, type PlatformEvent, platformEventSchema } from "../events/events.ts";
import type { Clock } from "../machine/clock.ts";
import type { Store } from "../store/store.ts";
import { checkEarlierPlatform, type TokenEvent, tokenEventSchema } from "./token-events.ts";
import {
	atExpiry,
	expiryInPast,
	type Grant,
	type GrantedScope,
	isCurrent,
	TOKENS_MAX,
	tooManyTokens,
} from "./token-grant.ts";
import { createToken, hashOf } from "./token-text.ts";

/** The description of a token, without the token itself. */
export interface TokenInfo {
	readonly id: string;
	/** Sorted. */
	readonly scopes: readonly GrantedScope[];
	/** The only app that the token is valid for. Undefined: all apps. */
	readonly app: string | undefined;
	/** Milliseconds since 1970. Undefined: the token does not expire. */
	readonly expiresAtMs: number | undefined;
	readonly createdAtMs: number;
}

/** The token that sent a request. */
export type Principal = Pick<TokenInfo, "id" | "scopes" | "app"> & {
	/** For a session of the web console: when it ends. Milliseconds since 1970. */
	readonly sessionEndsAtMs?: number;
};

interface StoredToken extends TokenInfo {
	readonly hash: Uint8Array;
	/** Called when the token is revoked. Binding a token to an app keeps the same set. */
	readonly watchers: Set<() => void>;
}

type Created = Extract<TokenEvent, { type: "token-created" }>;

export interface TokenRegistryOptions {
	store: Store;
	/** Fingerprint of the platform's identity: 22 characters of base64. */
	fingerprint: string;
	/** The key of the platform's identity for stored state: 32 bytes. */
	stateKey: Uint8Array;
}

export class TokenRegistry {
	readonly #fingerprint: string;
	readonly #tokens = new Map<string, StoredToken>();
	readonly #events: EventStream<TokenEvent | PlatformEvent>;

	private constructor({ store, fingerprint, stateKey: key }: TokenRegistryOptions) {
		this.#fingerprint = fingerprint;
		this.#events = new EventStream<TokenEvent | PlatformEvent>({
			store,
			stream: PLATFORM_STREAM,
			typePrefix: ["token-", "app-"],
			schema: z.union([tokenEventSchema, platformEventSchema]),
			key,
			apply: (event) => this.#apply(event),
			checkEarlier: checkEarlierPlatform(key),
		});
	}

	/**
	 * Reads all tokens.
	 * @throws AppError `EVENT_FORGED` (exit 7)
	 */
	static async open(options: TokenRegistryOptions): Promise<TokenRegistry> {
		const registry = new TokenRegistry(options);
		await registry.#events.open();
		return registry;
	}

	/** The last entry of the stream `platform` that was applied. */
	get revision(): number {
		return this.#events.revision;
	}

	/**
	 * Applies the events that were appended since the last call. Call it when an app was created or deleted.
	 * @throws AppError `EVENT_FORGED` (exit 7)
	 */
	async catchUp(): Promise<void> {
		await this.#events.catchUp();
	}

	/**
	 * Creates a token.
	 * @returns the token. It cannot be read again.
	 * @throws AppError `TOKEN_EXPIRED_ALREADY` (exit 2), `TOKENS_TOO_MANY` (exit 5)
	 */
	async create(grant: Grant, nowMs: number): Promise<{ token: string; id: string }> {
		const { expiresAtMs = null } = grant;
		if (expiresAtMs !== null && expiresAtMs <= nowMs) throw expiryInPast();
		const isForBase44 = grant.scopes.includes(BASE44_SCOPE);
		const { token, id, hash } = createToken({ fingerprint: this.#fingerprint }, isForBase44);
		await this.#events.append(() => {
			if (this.#tokens.size >= TOKENS_MAX) throw tooManyTokens();
			const scopes = [...new Set(grant.scopes)].sort();
			const app = grant.app ?? null;
			return { type: "token-created", id, hash, scopes, app, expiresAtMs, createdAtMs: nowMs };
		});
		return { token, id };
	}

	/**
	 * Revokes a token. It stops being valid at once.
	 * @throws AppError `TOKEN_NOT_FOUND` (exit 4)
	 */
	async revoke(id: string, nowMs: number): Promise<void> {
		await this.#events.append(() => {
			if (this.#tokens.has(id)) return { type: "token-revoked", id, revokedAtMs: nowMs };
			throw new AppError({
				code: "TOKEN_NOT_FOUND",
				message: "There is no access token with this id.",
				hint: "List the tokens to see their ids.",
				exit: EXIT.notFound,
			});
		});
	}

	/** All tokens that are not revoked, including expired ones. The oldest is the first. */
	list(): TokenInfo[] {
		return [...this.#tokens.keys()].flatMap((id) => this.find(id) ?? []);
	}

	/** The token with an id. Undefined if it does not exist or was revoked. */
	find(id: string): TokenInfo | undefined {
		const known = this.#tokens.get(id);
		if (known === undefined) return undefined;
		const { scopes, app, expiresAtMs, createdAtMs } = known;
		return { id, scopes, app, expiresAtMs, createdAtMs };
	}

	/** Whether a valid token can create tokens for the whole platform. */
	hasAdministrator(nowMs: number): boolean {
		return this.list().some(
			({ app, scopes, expiresAtMs }) =>
				app === undefined && scopes.includes("admin") && isCurrent(expiresAtMs, nowMs),
		);
	}

	/** Whether a token that was valid is still valid. */
	isValid({ id, sessionEndsAtMs }: Principal, nowMs: number): boolean {
		const known = this.#tokens.get(id);
		return known !== undefined && isCurrent(known.expiresAtMs, nowMs) && isCurrent(sessionEndsAtMs, nowMs);
	}

	/**
	 * Calls back once, when a token is revoked or expires. Calls back at once if the token is not valid now.
	 * @returns a function that cancels this
	 */
	onInvalid(principal: Principal, clock: Pick<Clock, "now" | "schedule">, onEnd: () => void): () => void {
		const known = this.#tokens.get(principal.id);
		if (known === undefined || !isCurrent(known.expiresAtMs, clock.now())) {
			onEnd();
			return () => undefined;
		}
		const ended = () => {
			release();
			onEnd();
		};
		known.watchers.add(ended);
		const cancel = atExpiry(known.expiresAtMs, clock, ended);
		const release = () => {
			cancel();
			known.watchers.delete(ended);
		};
		return release;
	}

	/**
	 * The token that a request presents. Undefined if it is malformed, of another platform, unknown, revoked
	 * or expired.
	 */
	authenticate(token: string, nowMs: number): Principal | undefined {
		if (!isBase44Token(token) && parseToken(token)?.fingerprint !== this.#fingerprint) return undefined;
		const presented = hashOf(token);
		let found: StoredToken | undefined;
		// Compares with all tokens, each in constant time, so that the duration does not reveal how close a guess is.
		for (const known of this.#tokens.values()) if (equalBytes(known.hash, presented)) found = known;
		if (found === undefined || !isCurrent(found.expiresAtMs, nowMs)) return undefined;
		return { id: found.id, scopes: found.scopes, app: found.app };
	}

	/**
	 * Whether a token has a scope for an app.
	 * @param app undefined for requests about the whole platform. A token for one app may not make them.
	 */
	authorise(principal: Principal, scope: Scope, app: string | undefined): boolean {
		if (principal.app !== undefined && principal.app !== app) return false;
		return principal.scopes.includes(scope) || principal.scopes.includes("admin");
	}

	#apply(event: TokenEvent | PlatformEvent): void {
		if (event.type === "token-created") this.#add(event);
		else if (event.type === "token-revoked") this.#remove(event.id);
		else if (event.type === "token-bound") this.#bind(event.id, event.app);
		else if (event.type === "app-created" && event.by !== undefined) this.#bind(event.by, event.app);
		else if (event.type === "app-deleted") {
			for (const { id, app } of [...this.#tokens.values()]) if (app === event.app) this.#remove(id);
		}
	}

	#add({ app, createdAtMs, expiresAtMs, hash, id, scopes }: Created): void {
		this.#tokens.set(id, {
			id,
			scopes,
			app: app ?? undefined,
			expiresAtMs: expiresAtMs ?? undefined,
			createdAtMs,
			hash: fromBase64(hash) as Uint8Array,
			watchers: new Set(),
		});
	}

	#bind(id: string, app: string): void {
		const known = this.#tokens.get(id);
		if (known !== undefined) this.#tokens.set(id, { ...known, app });
	}

	#remove(id: string): void {
		const known = this.#tokens.get(id);
		this.#tokens.delete(id);
		for (const tell of [...(known?.watchers ?? [])]) tell();
	}
}
