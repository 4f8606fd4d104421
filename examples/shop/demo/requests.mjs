/** Requests to the shop's functions, and their expected responses. */
import { createHmac } from "node:crypto";

const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const json = { "content-type": "application/json" };

/** A token as `login` makes them. */
export function tokenSignedWith(key, email) {
	const exp = Math.floor(Date.now() / 1000) + 600;
	const content = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: email, exp })}`;
	return `${content}.${hmac(key, content).toString("base64url")}`;
}

/** Whether a token was signed with the key. */
export function isSignedWith(key, token) {
	const end = token.lastIndexOf(".");
	return hmac(key, token.slice(0, end)).toString("base64url") === token.slice(end + 1);
}

export function event(type, secret) {
	const body = JSON.stringify({ type, amount: 1250 });
	const time = Math.floor(Date.now() / 1000);
	const signature = `t=${time},v1=${hmac(secret, `${time}.${body}`).toString("hex")}`;
	return { method: "POST", path: "/webhook", headers: { ...json, "shop-signature": signature }, body };
}

export const login = (email) => ({
	method: "POST",
	path: "/login",
	headers: json,
	body: JSON.stringify({ email }),
});

export const account = (token) => ({
	method: "GET",
	path: "/account",
	headers: { authorization: `Bearer ${token}` },
});

export const order = (email, item, quantity) => ({
	method: "POST",
	path: "/api/orders",
	headers: json,
	body: JSON.stringify({ email, item, quantity }),
});

export const orders = (email) => ({ method: "GET", path: `/api/orders?email=${encodeURIComponent(email)}` });

export const newCoupon = () => ({ method: "POST", path: "/coupons" });

export const coupon = (code) => ({ method: "GET", path: `/coupons?code=${code}` });

export const label = (carrier, parcel) => ({
	method: "GET",
	path: `/shipping?carrier=${carrier}&parcel=${parcel}`,
});

/** Whether a label was made with the carrier's key. */
export function isLabelOf(key, parcel, text) {
	return hmac(key, parcel).subarray(0, 8).toString("hex") === text;
}

export const prices = (...items) => ({
	method: "GET",
	path: `/prices?country=DE&item=${items.join("&item=")}`,
});

/** A way to call the functions: `send(request)` resolves with status and decoded body. */
export function sender(pool, prefix) {
	return async ({ path, ...request }) => {
		const { statusCode, body } = await pool.request({ ...request, path: prefix + path });
		const text = await body.text();
		return { status: statusCode, body: text.startsWith("{") ? JSON.parse(text) : text };
	};
}
