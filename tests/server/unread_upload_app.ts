// An application for workers that does not read the content of its requests.

export default { fetch: () => new Response("ignored") };
