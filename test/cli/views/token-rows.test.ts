import { expect, test } from "vitest";
import { expiryOf, listedToken } from "../../../src/cli/views/token-rows.ts";
import type { TokenDescription } from "../../../src/protocol/token-messages.ts";

const EXPIRES_MS = Date.UTC(2027, 0, 31, 12);

const token = (expiresAtMs: number | null): TokenDescription => ({
	...{ id: "tok_0123456789abcdef", scopes: ["read"], app: "shop", expiresAtMs, createdAtMs: 0 },
});

test("a list marks a token from the instant at which the platform refuses it", () => {
	const before = listedToken(token(EXPIRES_MS), EXPIRES_MS - 1);
	expect([before.expired, expiryOf(before)]).toEqual([false, "2027-01-31 12:00 UTC"]);
	const after = listedToken(token(EXPIRES_MS), EXPIRES_MS);
	expect([after.expired, expiryOf(after)]).toEqual([true, "2027-01-31 12:00 UTC (expired)"]);
	expect(after).toMatchObject({ expires: "2027-01-31T12:00:00.000Z", created: "1970-01-01T00:00:00.000Z" });
});

test("a token that never expires is never marked", () => {
	const listed = listedToken(token(null), EXPIRES_MS);
	expect([listed.expired, expiryOf(listed)]).toEqual([false, "never"]);
});
