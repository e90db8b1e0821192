// An extension of JupyterLab, written as its build would leave it. jupyter-collaboration makes notebooks whose metadata
// come a moment after their panel; jupyterlab-fonts, which jupyterlab-slideshow needs, reads them at once, and then no
// notebook opens. So a notebook without metadata says that it has none yet.
(() => {
    async function init(shared) {
        try {
            const [version] = Object.values(shared["@jupyterlab/notebook"]);
            const { NotebookModel } = (await version.get())();
            const { get } = Object.getOwnPropertyDescriptor(NotebookModel.prototype, "metadata");
            Object.defineProperty(NotebookModel.prototype, "metadata", {
                configurable: true,
                get() {
                    return get.call(this) ?? {};
                },
            });
        } catch (error) {
            console.warn("vae-lessons: another JupyterLab, left as it is.", error);
        }
    }
    const plugin = { id: "vae-lessons:open-with-collaboration", autoStart: true, activate: () => {} };
    window._JUPYTERLAB = window._JUPYTERLAB ?? {};
    window._JUPYTERLAB["vae-lessons"] = { init, get: async () => () => ({ __esModule: true, default: plugin }) };
})();
