// SPDX-License-Identifier: MIT
//! Two ways to place children: faces as large as they can be ([`super::tiling`]), and one picture as in a mirror.

use gtk::glib;
use gtk::glib::Object;
use gtk::prelude::WidgetExt;
use gtk::subclass::prelude::{LayoutManagerImpl, ObjectImpl, ObjectSubclass};
use gtk4 as gtk;

/// Between faces, in pixels.
const GAP: i32 = 10;

/// Faces are never asked to be smaller than this.
const FACE_MIN: i32 = 120;

glib::wrapper! {
    /// Places all visible children as [`super::tiling::grid`] says.
    pub struct Tiles(ObjectSubclass<tiles::Tiles>) @extends gtk::LayoutManager;
}

glib::wrapper! {
    /// Gives the only child everything, left and right exchanged: people know themselves from mirrors.
    pub struct Mirror(ObjectSubclass<mirror::Mirror>) @extends gtk::LayoutManager;
}

impl Tiles {
    /// Places the children of `widget` from now on.
    pub fn place(widget: &impl gtk::prelude::IsA<gtk::Widget>) {
        widget.set_layout_manager(Some(Object::new::<Tiles>()));
    }
}

impl Mirror {
    /// Mirrors the child of `widget` from now on.
    pub fn place(widget: &impl gtk::prelude::IsA<gtk::Widget>) {
        widget.set_layout_manager(Some(Object::new::<Mirror>()));
    }
}

fn children(widget: &gtk::Widget) -> Vec<gtk::Widget> {
    let mut found = Vec::new();
    let mut next = widget.first_child();
    while let Some(child) = next {
        next = child.next_sibling();
        if child.should_layout() {
            found.push(child);
        }
    }
    found
}

mod tiles {
    use super::{FACE_MIN, GAP, LayoutManagerImpl, ObjectImpl, ObjectSubclass, WidgetExt, children, glib, gtk};
    use crate::ui::tiling::grid;

    #[derive(Default)]
    pub struct Tiles;

    #[glib::object_subclass]
    impl ObjectSubclass for Tiles {
        const NAME: &'static str = "HyperZoomTiles";
        type Type = super::Tiles;
        type ParentType = gtk::LayoutManager;
    }

    impl ObjectImpl for Tiles {}

    impl LayoutManagerImpl for Tiles {
        fn measure(&self, widget: &gtk::Widget, orientation: gtk::Orientation, _: i32) -> (i32, i32, i32, i32) {
            // Children are measured although they get what there is: GTK wants it before it places them.
            children(widget).iter().for_each(|child| {
                child.measure(orientation, -1);
            });
            (FACE_MIN, FACE_MIN, -1, -1)
        }

        fn allocate(&self, widget: &gtk::Widget, width: i32, height: i32, _: i32) {
            let children = children(widget);
            for (child, spot) in children.iter().zip(grid(children.len(), width, height, GAP)) {
                child.size_allocate(&gtk::Allocation::new(spot.x, spot.y, spot.width, spot.height), -1);
            }
        }
    }
}

mod mirror {
    use super::{LayoutManagerImpl, ObjectImpl, ObjectSubclass, WidgetExt, children, glib, gtk};
    use gtk::{graphene, gsk};

    #[derive(Default)]
    pub struct Mirror;

    #[glib::object_subclass]
    impl ObjectSubclass for Mirror {
        const NAME: &'static str = "HyperZoomMirror";
        type Type = super::Mirror;
        type ParentType = gtk::LayoutManager;
    }

    impl ObjectImpl for Mirror {}

    impl LayoutManagerImpl for Mirror {
        fn measure(&self, widget: &gtk::Widget, orientation: gtk::Orientation, for_size: i32) -> (i32, i32, i32, i32) {
            let wanted = children(widget).first().map_or((0, 0), |child| {
                let (least, natural, ..) = child.measure(orientation, for_size);
                (least, natural)
            });
            (wanted.0, wanted.1, -1, -1)
        }

        fn allocate(&self, widget: &gtk::Widget, width: i32, height: i32, _: i32) {
            for child in children(widget) {
                let turned = gsk::Transform::new().translate(&graphene::Point::new(width as f32, 0.0)).scale(-1.0, 1.0);
                child.allocate(width, height, -1, Some(turned));
            }
        }
    }
}
