/**
 * Recognises that a user gave the gateway's address instead of the control API's. Both belong to the same host,
 * and are easily confused.
 */
import { AppError } from "../../errors.ts";
import { fingerprint } from "../../identity/identity.ts";
import { Remote } from "./platform-client.ts";

/** The control API's default port (docs/operating.md). */
const CONTROL_PORT = 8081;
const PORT_MAX = 65_535;
/** The time limit for an answer, in milliseconds. A control API on the same host answers much sooner. */
const ANSWER_MS = 2_000;

/** Possible addresses of the control API of a gateway: the next port, or the usual one. */
function candidates(origin: string, usualPort: number): string[] {
	const gateway = new URL(origin);
	const port = Number(gateway.port === "" ? (gateway.protocol === "https:" ? 443 : 80) : gateway.port);
	const ports = new Set([port + 1, usualPort]);
	ports.delete(port);
	return [...ports]
		.filter((each) => each <= PORT_MAX)
		.map((each) => {
			const url = new URL(origin);
			url.port = String(each);
			return url.origin;
		});
}

/** The address at which the platform with that fingerprint answers. No token is sent to any address. */
async function findControl(addresses: readonly string[], expected: string): Promise<string | undefined> {
	for (const url of addresses) {
		try {
			const { sign, box } = await new Remote({ url, token: undefined, answerMs: ANSWER_MS }).platform();
			if (fingerprint({ sign, box }) === expected) return url;
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
		}
	}
	return undefined;
}

/**
 * Explains an error of `GET /v1/platform` if a gateway answered.
 * @param origin the address to which the request was sent
 * @param expected the fingerprint of the intended platform
 * @param usualPort the default port of a control API
 * @returns an error that names the gateway's address, and the control address if it was found; any other error
 *   unchanged
 */
export async function explainGateway(
	error: unknown,
	origin: string,
	expected: string,
	usualPort = CONTROL_PORT,
): Promise<unknown> {
	if (!(error instanceof AppError) || error.code !== "PLATFORM_ADDRESS_IS_GATEWAY") return error;
	const control = await findControl(candidates(origin, usualPort), expected);
	return error.with({
		message: `${origin} is the address at which a platform serves functions, not its control address. No token was sent.`,
		hint:
			control === undefined
				? `Give the address that 'coffer platform start' prints as "control"; its port is ${CONTROL_PORT} by default.`
				: `The platform's control address is ${control}: give that one.`,
	});
}
