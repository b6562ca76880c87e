#!/usr/bin/python3
"""A window of WebKitGTK that WebKitWebDriver drives, as Safari is rather than as MiniBrowser is.

MiniBrowser, driven, keeps nothing (its session is a private one, where Safari's engine offers no
files either), leaves out what Safari has of storage, and can't be narrower than its own bar.

Usage: webkit.py FOLDER, which takes what the engine keeps.
"""

import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gtk, WebKit2  # noqa: E402

# What Safari has and WebKitGTK has compiled in, but switched off.
LIKE_SAFARI = {
    "AccessHandle",
    "FileSystem",
    "FileSystemWritableStream",
    "StorageAPI",
    "StorageAPIEstimate",
}


def main(folder):
    kept = WebKit2.WebsiteDataManager(base_data_directory=folder, base_cache_directory=folder)
    context = WebKit2.WebContext(website_data_manager=kept)
    settings = WebKit2.Settings()
    features = WebKit2.Settings.get_all_features()
    for feature in map(features.get, range(features.get_length())):
        if feature.get_identifier() in LIKE_SAFARI:
            settings.set_feature_enabled(feature, True)

    def window_for(_session):
        view = WebKit2.WebView(
            web_context=context, settings=settings, is_controlled_by_automation=True
        )
        # Undecorated, the window is as wide as the page.
        window = Gtk.Window(decorated=False, default_width=1280, default_height=900)
        window.connect("destroy", Gtk.main_quit)
        window.add(view)
        window.show_all()
        return view

    def start(_context, session):
        info = WebKit2.ApplicationInfo()
        info.set_name("Glimpse")
        info.set_version(1, 0, 0)
        session.set_application_info(info)
        session.connect("create-web-view", window_for)

    context.connect("automation-started", start)
    context.set_automation_allowed(True)
    Gtk.main()


main(sys.argv[1])
