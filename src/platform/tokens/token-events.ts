/** Events about access tokens in the stream `platform`. */
import * as z from "zod";
import { equalBytes, isBase64Text, lengthPrefixed } from "../../bytes.ts";
import { hash } from "../../crypto.ts";
import { appIdSchema } from "../../protocol/messages.ts";
import { type CheckEarlier, earlierCode } from "../events/event-stream.ts";
import { PLATFORM_STREAM } from "../events/events.ts";

const EARLIER_DOMAIN = "coffer/token-event/1";

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
});
const revokedSchema = z.strictObject({
	type: z.literal("token-revoked"),
	id: z.string().max(100),
	revokedAtMs: instantMs,
});
/** Written by earlier versions. Now the event that creates an app names the token that it binds. */
const boundSchema = z.strictObject({
	type: z.literal("token-bound"),
	id: z.string().max(100),
	app: appIdSchema,
	boundAtMs: instantMs,
});
export const tokenEventSchema = z.discriminatedUnion("type", [createdSchema, revokedSchema, boundSchema]);
export type TokenEvent = z.infer<typeof tokenEventSchema>;

function fieldsOf(event: TokenEvent): (string | number)[] {
	if (event.type === "token-revoked") return [event.id, event.revokedAtMs];
	if (event.type === "token-bound") return [event.id, event.app, event.boundAtMs];
	const { id, hash: hashed, scopes, app, expiresAtMs, createdAtMs } = event;
	return [id, hashed, scopes.join(" "), app ?? "", expiresAtMs ?? "", createdAtMs];
}

/**
 * Checks entries of the stream `platform` that earlier versions wrote. Their codes of token events covered
 * neither the stream nor the position.
 * @param key 32 bytes from the platform's identity
 */
export function checkEarlierPlatform(key: Uint8Array): CheckEarlier {
	return (event, revision, code) => {
		const token = tokenEventSchema.safeParse(event);
		if (token.success) {
			const { type } = token.data;
			return equalBytes(code, hash(lengthPrefixed(EARLIER_DOMAIN, type, ...fieldsOf(token.data)), key));
		}
		return equalBytes(code, earlierCode(key, PLATFORM_STREAM, revision, event));
	};
}
