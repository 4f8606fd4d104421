/**
 * Who may do what on a platform: its access tokens, as a fold over the stream `platform`.
 *
 * Only a token's hash is stored. A token for an app is for that app's life: the entry that deletes the app revokes it,
 * so that it is never valid for a later app of the same name, whenever the process dies. One that is made before there
 * is such an app is for the first one.
 */
import { z } from "zod";
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
	expiredAlready,
	type Grant,
	type GrantedScope,
	isCurrent,
	TOKENS_MAX,
	tooMany,
} from "./token-grant.ts";
import { createToken, hashOf } from "./token-text.ts";

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
	/** Whom to tell when it is revoked. Shared with what takes its place once it is for an app. */
	readonly watchers: Set<() => void>;
}

type Created = Extract<TokenEvent, { type: "token-created" }>;

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
	readonly #tokens = new Map<string, Known>();
	readonly #events: EventStream<TokenEvent | PlatformEvent>;

	private constructor({ store, fingerprint, stateKey: key }: TokenRegistryOptions) {
		this.#store = store;
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
	 * Reads the tokens that there are.
	 * @throws AppError `EVENT_FORGED` (exit 7)
	 */
	static async open(options: TokenRegistryOptions): Promise<TokenRegistry> {
		const registry = new TokenRegistry(options);
		await registry.#events.open();
		return registry;
	}

	/**
	 * Takes in what other nodes create and revoke, until the signal aborts.
	 * @throws AppError `EVENT_FORGED` (exit 7)
	 */
	async follow(signal: AbortSignal): Promise<void> {
		const { revision } = this.#events;
		for await (const entry of this.#store.watch(PLATFORM_STREAM, revision, signal)) this.#events.take(entry);
	}

	/**
	 * Takes in what was appended to the stream since: to be called when an app was created or deleted.
	 * @throws AppError `EVENT_FORGED` (exit 7)
	 */
	async catchUp(): Promise<void> {
		await this.#events.catchUp();
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
		await this.#events.append(() => {
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
	 * Tells, once, when a token is worth nothing any more: revoked or expired. At once, where it is already.
	 * @returns takes that back
	 */
	onInvalid(principal: Principal, clock: Pick<Clock, "now" | "schedule">, tell: () => void): () => void {
		const known = this.#tokens.get(principal.id);
		if (known === undefined || !isCurrent(known.expiresAtMs, clock.now())) {
			tell();
			return () => undefined;
		}
		const ended = () => {
			release();
			tell();
		};
		known.watchers.add(ended);
		const cancel = atExpiry(known.expiresAtMs, clock, ended);
		const release = () => {
			cancel();
			known.watchers.delete(ended);
		};
		return release;
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

	#apply(event: TokenEvent | PlatformEvent): void {
		if (event.type === "token-created") this.#created(event);
		else if (event.type === "token-revoked") this.#forget(event.id);
		else if (event.type === "token-bound") this.#bound(event.id, event.app);
		else if (event.type === "app-created" && event.by !== undefined) this.#bound(event.by, event.app);
		else if (event.type === "app-deleted") {
			for (const { id, app } of [...this.#tokens.values()]) if (app === event.app) this.#forget(id);
		}
	}

	#created({ app, createdAtMs, expiresAtMs, hash, id, scopes }: Created): void {
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

	#bound(id: string, app: string): void {
		const known = this.#tokens.get(id);
		if (known !== undefined) this.#tokens.set(id, { ...known, app });
	}

	#forget(id: string): void {
		const known = this.#tokens.get(id);
		this.#tokens.delete(id);
		for (const tell of [...(known?.watchers ?? [])]) tell();
	}
}
