/** The messages about requests for secrets, and about values that a browser encrypts for the writers of an environment. */
import * as z from "zod";

const instantMs = z.int().min(0);
const text64 = z.string().max(64);

/** The most requests and answers in one message. */
export const REQUEST_ENTRIES_MAX = 100;

/** `PUT /v1/apps/:app/secret-requests`: texts of files in `coffer.requests`. The longest has about 4,000 characters. */
export const sendSecretRequestsSchema = z.strictObject({
	entries: z.array(z.string().max(8_192)).max(REQUEST_ENTRIES_MAX),
});

/** What HPKE binds a key for a value from the console to. */
export const FILLED_VALUE_INFO = "coffer/filled-value/1";

/** What a value from the console is for: the text that its encryption authenticates. */
export function filledValueContext(place: {
	readonly vaultId: string;
	readonly environment: string;
	readonly name: string;
	/** The id of the request. */
	readonly id: string;
}): string {
	return JSON.stringify([place.vaultId, place.environment, place.name, place.id]);
}

const base64Text = (charactersMax: number) =>
	z
		.string()
		.max(charactersMax)
		.regex(/^[\w-]+$/);
/** The most members that a value is encrypted for. */
export const RECIPIENTS_MAX = 100;

/** `POST /v1/apps/:app/secret-requests/:id/value`: a value, encrypted for the writers of the environment. */
export const fillRequestSchema = z.strictObject({
	/** A value has at most 64 KiB. */
	value: base64Text(90_000),
	keys: z
		.array(z.strictObject({ box: base64Text(43), enc: base64Text(43), key: base64Text(64) }))
		.min(1)
		.max(RECIPIENTS_MAX),
});

/** `GET` of the same path */
export const filledValueSchema = fillRequestSchema.extend({
	id: text64,
	name: z.string().max(128),
	/** The id of the access token whose session sent it, and when. */
	by: text64,
	atMs: instantMs,
});
export type FilledValue = z.infer<typeof filledValueSchema>;

/** `GET /v1/apps/:app/secret-requests`, and the answer to `PUT` */
export const secretRequestListSchema = z.object({
	vaultId: z.string().max(64),
	environment: z.string().max(63),
	/** The writers, for whom a value is encrypted. */
	recipients: z
		.array(z.object({ name: z.string().max(200), box: text64, fingerprint: text64 }))
		.max(RECIPIENTS_MAX),
	/** The open ones, sorted by name, then by time. */
	requests: z
		.array(
			z.object({
				id: text64,
				name: z.string().max(128),
				reason: z.string().max(1_000),
				/** The member who asks, or the name that the asker gave. */
				by: z.string().max(200),
				/** Whether a signature shows that `by` is a member. */
				verified: z.boolean(),
				/** ISO 8601, by the asker's clock. */
				at: z.string().max(40),
				/** Who has filled in a value in the console that no member has accepted yet. */
				filled: z.object({ by: text64, atMs: instantMs }).nullable(),
			}),
		)
		.max(1_000),
});
export type SecretRequestList = z.infer<typeof secretRequestListSchema>;
