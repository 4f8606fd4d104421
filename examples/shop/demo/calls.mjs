/** One request after the other to every function, each with its expected response. */
import { Failure } from "./coffer.mjs";
import * as requests from "./requests.mjs";
import { failed, held } from "./screen.mjs";

const EMAIL = "ada@example.com";

/**
 * Calls and checks.
 * @throws Failure at the first wrong response
 */
export async function callEach({ send, secrets }) {
	const call = async (request, status, what, isRight = () => true) => {
		const answer = await send(request);
		const [path] = request.path.split("?");
		const line = `${request.method.padEnd(4)} ${path.padEnd(12)} ${answer.status}  ${what}`;
		if (answer.status === status && isRight(answer.body)) {
			held(line);
			return answer.body;
		}
		failed(line);
		throw new Failure(`${request.method} ${path} must answer ${status}: ${what}.`);
	};

	await call(
		requests.event("payment.succeeded", secrets.WEBHOOK_SECRET),
		200,
		"an event, signed with WEBHOOK_SECRET",
	);
	await call(requests.event("payment.succeeded", "guessed"), 401, "an event, signed with another key");
	const { token } = await call(requests.login(EMAIL), 200, "a token, signed with TOKEN_KEY", (body) =>
		requests.isSignedWith(secrets.TOKEN_KEY, body.token),
	);
	await call(requests.account(token), 200, "that token, verified", (body) => body.email === EMAIL);
	await call(
		requests.account(requests.tokenSignedWith("guessed", EMAIL)),
		401,
		"a token, signed with another key",
	);
	await call(requests.order(EMAIL, "mug", 2), 201, "an order of two mugs, kept in SQLite");
	await call(requests.orders(EMAIL), 200, "the two mugs, found by the hash of an address", ({ ordered }) =>
		ordered.some(({ item, quantity }) => item === "mug" && quantity === 2),
	);
	await call(requests.label("dhl", "P-7"), 200, "a label, made with CARRIER_DHL_KEY", (body) =>
		requests.isLabelOf(secrets.CARRIER_DHL_KEY, "P-7", body.label),
	);
	await call(requests.label("fedex", "P-7"), 404, "a carrier without a key");
	const made = await call(requests.newCoupon(), 201, "a coupon, made with COUPON_KEY and nanoid");
	await call(requests.coupon(made.coupon), 200, "that coupon is valid", ({ valid }) => valid === true);
	await call(
		requests.coupon("ABCDEFGH-ABCDEFGH"),
		200,
		"an invented coupon is not valid",
		({ valid }) => valid === false,
	);
	await call(requests.prices("tea", "mug"), 200, "a basket with tax", ({ cents }) => cents === 2071);
}
