/**
 * Signs a parcel's label with the key of its carrier. The request names the carrier, and the code shows that
 * the secret's name begins with `CARRIER_`. So this function gets all of these secrets, and is restarted when
 * one of them changes.
 */
const encoder = new TextEncoder();

Deno.serve(async (request) => {
	const query = new URL(request.url).searchParams;
	const carrier = query.get("carrier");
	const parcel = query.get("parcel");
	if (!carrier || !parcel || !/^[a-z]{2,20}$/.test(carrier) || !/^[A-Z0-9-]{1,40}$/.test(parcel)) {
		return Response.json({ error: "Say ?carrier=…&parcel=…" }, { status: 400 });
	}
	const secret = Deno.env.get(`CARRIER_${carrier.toUpperCase()}_KEY`);
	if (!secret) return Response.json({ error: `We have no contract with ${carrier}.` }, { status: 404 });
	const algorithm = { name: "HMAC", hash: "SHA-256" };
	const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
	const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(parcel)));
	const label = Array.from(signature.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
	return Response.json({ carrier, parcel, label });
});
