/**
 * What the `platform` stream says about tokens, and the proof that this platform said it.
 */
import { z } from "zod";
import { equalBytes, isBase64Text, lengthPrefixed } from "../bytes.ts";
import { fromBase64, hash, toBase64 } from "../crypto.ts";
import { AppError, EXIT } from "../errors.ts";
import { appIdSchema } from "../protocol/messages.ts";
import type { StreamEntry } from "./store/store.ts";

/** The store's stream of events that belong to no app. */
export const PLATFORM_STREAM = "platform";
const EVENT_DOMAIN = "coffer/token-event/1";

const base64Of = (bytes: number) => z.string().refine((text) => isBase64Text(text, bytes));
const instantMs = z.int().min(0);
const createdSchema = z.strictObject({
	type: z.literal("token-created"),
	id: z.string().regex(/^tok_[0-9a-f]{16}$/),
	hash: base64Of(32),
	scopes: z
		.array(z.enum(["admin", "base44", "deploy", "read", "sync"]))
		.min(1)
		.max(4),
	app: appIdSchema.nullable(),
	expiresAtMs: instantMs.nullable(),
	createdAtMs: instantMs,
	mac: base64Of(32),
});
const revokedSchema = z.strictObject({
	type: z.literal("token-revoked"),
	id: z.string().max(100),
	revokedAtMs: instantMs,
	mac: base64Of(32),
});
/** A token for the Base44 CLI is for the app that it is used with first. */
const boundSchema = z.strictObject({
	type: z.literal("token-bound"),
	id: z.string().max(100),
	app: appIdSchema,
	boundAtMs: instantMs,
	mac: base64Of(32),
});
const eventSchema = z.discriminatedUnion("type", [createdSchema, revokedSchema, boundSchema]);
export type TokenEvent = z.infer<typeof eventSchema>;
type WithoutMac<Event> = Event extends unknown ? Omit<Event, "mac"> : never;
/** An event that is still to be encoded. */
export type NewTokenEvent = WithoutMac<TokenEvent>;

function fieldsOf(event: NewTokenEvent): (string | number)[] {
	if (event.type === "token-revoked") return [event.id, event.revokedAtMs];
	if (event.type === "token-bound") return [event.id, event.app, event.boundAtMs];
	const { id, hash: hashed, scopes, app, expiresAtMs, createdAtMs } = event;
	return [id, hashed, scopes.join(" "), app ?? "", expiresAtMs ?? "", createdAtMs];
}

function macOf(event: NewTokenEvent, key: Uint8Array): Uint8Array {
	return hash(lengthPrefixed(EVENT_DOMAIN, event.type, ...fieldsOf(event)), key);
}

/** The body of an entry that says it. @param key 32 bytes, the platform identity's */
export function encodeTokenEvent(event: NewTokenEvent, key: Uint8Array): string {
	return JSON.stringify(eventSchema.parse({ ...event, mac: toBase64(macOf(event, key)) }));
}

/**
 * The event of an entry, or undefined where the entry is about something else.
 * @throws AppError `TOKEN_EVENT_FORGED` (exit 7) where it was not made with the key
 */
export function decodeTokenEvent({ revision, body }: StreamEntry, key: Uint8Array): TokenEvent | undefined {
	const refused = (cause?: unknown) =>
		new AppError({
			code: "TOKEN_EVENT_FORGED",
			message: `Entry ${revision} of the stream ${PLATFORM_STREAM} is not a token event of this platform's.`,
			hint: "Somebody wrote to the store, or it belongs to another identity: restore it from a backup.",
			exit: EXIT.integrity,
			cause,
		});
	let value: unknown;
	try {
		value = JSON.parse(body);
	} catch (error) {
		throw refused(error);
	}
	const { type } = (value ?? {}) as { type?: unknown };
	if (typeof type !== "string" || !type.startsWith("token-")) return undefined;
	const event = eventSchema.safeParse(value);
	if (!event.success) throw refused(event.error);
	const mac = fromBase64(event.data.mac);
	if (mac === undefined || !equalBytes(mac, macOf(event.data, key))) throw refused();
	return event.data;
}
