/**
 * The messages about access tokens. Pure.
 */
import * as z from "zod";
import { INSTANT_MS_MAX } from "./local-secret.ts";
import { appIdSchema } from "./messages.ts";
import { BASE44_SCOPE, SCOPES } from "./routes.ts";
import { isBase44Token, parseToken } from "./token.ts";

const CENTURY_MS = 36_525 * 86_400_000;
const instantMs = z.int().min(0).max(INSTANT_MS_MAX);
/** Either scopes of the control API, or the scope of the Base44 CLI alone. */
const scopesSchema = z
	.array(z.enum([...SCOPES, BASE44_SCOPE]))
	.min(1)
	.max(SCOPES.length)
	.refine((scopes) => scopes.length === 1 || !scopes.includes(BASE44_SCOPE), "base44 must be the only scope");
export const tokenIdSchema = z.string().regex(/^tok_[0-9a-f]{16}$/, "must be an access token's id");

/** `POST /v1/tokens` */
export const createTokenSchema = z.strictObject({
	scopes: scopesSchema,
	/** The app that the token is for; null for all apps. */
	app: appIdSchema.nullable(),
	/** `inMs` counts from now by the platform's clock; null if the token never expires. */
	expires: z
		.union([z.strictObject({ inMs: z.int().min(1).max(CENTURY_MS) }), z.strictObject({ atMs: instantMs })])
		.nullable(),
});
export type CreateToken = z.infer<typeof createTokenSchema>;

export const tokenInfoSchema = z.object({
	id: tokenIdSchema,
	scopes: scopesSchema,
	app: appIdSchema.nullable(),
	expiresAtMs: instantMs.nullable(),
	createdAtMs: instantMs,
});
export type TokenDescription = z.infer<typeof tokenInfoSchema>;

/** The answer to `POST /v1/tokens`, the only one that contains a token. */
export const createdTokenSchema = tokenInfoSchema.extend({
	token: z
		.string()
		.refine((text) => isBase44Token(text) || parseToken(text) !== undefined, "must be an access token"),
});
export type CreatedToken = z.infer<typeof createdTokenSchema>;

/** `GET /v1/tokens` */
export const tokenListSchema = z.object({ tokens: z.array(tokenInfoSchema).max(10_000) });
export type TokenList = z.infer<typeof tokenListSchema>;
