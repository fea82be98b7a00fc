// Computes for about a millisecond, and responds.

export default (): Response => {
  const end = performance.now() + 1;
  while (performance.now() < end);
  return new Response("done");
};
