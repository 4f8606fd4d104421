/** Recognises text that is not complete yet, to detect a paste that the terminal does not mark. */

const PEM_BEGINS = /-----BEGIN ([^-\r\n]+)-----/g;

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

/** Whether every PEM block that begins in the text also ends in it. */
function hasCompletePem(text: string): boolean {
	return [...text.matchAll(PEM_BEGINS)].every(([, label]) => text.includes(`-----END ${label}-----`));
}

/**
 * Whether a text is certainly incomplete: a PEM block without its end, or JSON with an open bracket.
 * @param bytes the text until now, in UTF-8
 */
export function isUnfinished(bytes: Uint8Array): boolean {
	const text = Buffer.from(bytes).toString("utf8").trim();
	if (!hasCompletePem(text)) return true;
	return /^[{[]/.test(text) && !/[}\]]$/.test(text) && !isJson(text);
}
